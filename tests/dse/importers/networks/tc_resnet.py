"""TC-ResNet8: features over time as channels, 1-D residual blocks with 9 taps."""

import torch
from torch import nn


class S1Block(nn.Module):
    def __init__(self, ch):
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv1d(ch, ch, 9, padding=4, bias=False), nn.BatchNorm1d(ch), nn.ReLU(),
            nn.Conv1d(ch, ch, 9, padding=4, bias=False), nn.BatchNorm1d(ch),
        )  # fmt: skip

    def forward(self, x):
        return torch.relu(self.conv(x) + x)


class S2Block(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.conv0 = nn.Conv1d(cin, cout, 9, stride=2, padding=4, bias=False)
        self.bn0 = nn.BatchNorm1d(cout)
        self.conv1 = nn.Conv1d(cout, cout, 9, padding=4, bias=False)
        self.bn1 = nn.BatchNorm1d(cout)
        self.res = nn.Sequential(
            nn.Conv1d(cin, cout, 1, stride=2, bias=False), nn.BatchNorm1d(cout), nn.ReLU()
        )

    def forward(self, x):
        y = torch.relu(self.bn0(self.conv0(x)))
        y = self.bn1(self.conv1(y))
        return torch.relu_(y.add(self.res(x)))


class TCResNet8(nn.Module):
    def __init__(self, bins=40, classes=12):
        super().__init__()
        self.conv0 = nn.Conv1d(bins, 16, 3, padding=1, bias=False)
        self.layers = nn.Sequential(S2Block(16, 24), S2Block(24, 32), S1Block(32))
        self.fc = nn.Conv1d(32, classes, 1)

    def forward(self, x):
        x = x.squeeze(1)  # (batch, 1, bins, time)
        x = self.layers(self.conv0(x))
        x = nn.functional.adaptive_avg_pool1d(x, 1)
        return self.fc(nn.functional.dropout(x, 0.5, self.training)).squeeze(-1)
