"""MobileNetV3 without squeeze-and-excite; hard-swish as a module and written out by hand."""

import torch.nn as nn
import torch.nn.functional as F


class h_sigmoid(nn.Module):
    def __init__(self, inplace=True):
        super().__init__()
        self.relu = nn.ReLU6(inplace=inplace)

    def forward(self, x):
        return self.relu(x + 3) / 6


class h_swish(nn.Module):
    def __init__(self, inplace=True):
        super().__init__()
        self.sigmoid = h_sigmoid(inplace=inplace)

    def forward(self, x):
        return x * self.sigmoid(x)


class Bottleneck(nn.Module):
    def __init__(self, kernel, inp, exp, oup, act, stride):
        super().__init__()
        self.identity = stride == 1 and inp == oup
        self.conv = nn.Sequential(
            nn.Conv2d(inp, exp, 1, 1, 0, bias=False),
            nn.BatchNorm2d(exp),
            act,
            nn.Conv2d(exp, exp, kernel, stride, kernel // 2, groups=exp, bias=False),
            nn.BatchNorm2d(exp),
            nn.Identity(),
            act,
            nn.Conv2d(exp, oup, 1, 1, 0, bias=False),
            nn.BatchNorm2d(oup),
        )

    def forward(self, x):
        return x + self.conv(x) if self.identity else self.conv(x)


class MobileNetV3(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, 2, 1, bias=False)
        self.bn = nn.BatchNorm2d(8)
        self.blocks = nn.ModuleList(
            [
                Bottleneck(3, 8, 16, 8, nn.ReLU(inplace=True), 1),
                Bottleneck(5, 8, 24, 12, nn.Hardswish(), 2),
                Bottleneck(5, 12, 36, 12, h_swish(), 1),
            ]
        )
        self.head = nn.Conv2d(12, 32, 1)
        self.fc = nn.Linear(32, num_classes)

    def forward(self, x):
        x = F.hardswish(self.bn(self.stem(x)))
        for block in self.blocks:
            x = block(x)
        x = F.adaptive_avg_pool2d(self.head(x), 1)
        x = x * (F.relu6(x + 3.0) / 6.0)
        return self.fc(x.view(x.shape[0], -1))
