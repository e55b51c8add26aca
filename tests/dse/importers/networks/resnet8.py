"""The image classification network of MLPerf Tiny, stacks written out one by one."""

import torch
import torch.nn as nn


class Resnet8(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        f = 16
        self.stem = nn.Sequential(nn.Conv2d(3, f, 3, 1, 1), nn.BatchNorm2d(f), nn.ReLU(True))
        self.s1a = nn.Sequential(nn.Conv2d(f, f, 3, 1, 1), nn.BatchNorm2d(f), nn.ReLU(True))
        self.s1b = nn.Sequential(nn.Conv2d(f, f, 3, 1, 1), nn.BatchNorm2d(f))
        self.s2a = nn.Sequential(nn.Conv2d(f, 32, 3, 2, 1), nn.BatchNorm2d(32), nn.ReLU(True))
        self.s2b = nn.Sequential(nn.Conv2d(32, 32, 3, 1, 1), nn.BatchNorm2d(32))
        self.s2c = nn.Conv2d(f, 32, 1, 2)
        self.s3a = nn.Sequential(nn.Conv2d(32, 64, 3, 2, 1), nn.BatchNorm2d(64), nn.ReLU(True))
        self.s3b = nn.Sequential(nn.Conv2d(64, 64, 3, 1, 1), nn.BatchNorm2d(64))
        self.s3c = nn.Conv2d(32, 64, 1, 2)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(64, classes)

    def forward(self, x):
        x = self.stem(x)
        x = torch.relu(torch.add(x, self.s1b(self.s1a(x))))
        x = torch.relu(torch.add(self.s2c(x), self.s2b(self.s2a(x))))
        x = torch.relu(torch.add(self.s3c(x), self.s3b(self.s3a(x))))
        x = self.pool(x).flatten(start_dim=1)
        return torch.softmax(self.fc(x), dim=1)
