"""DS-CNN for keyword spotting on 49 x 10 features, the first padding asymmetric."""

import torch.nn as nn


class DSBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, 3, padding="same", groups=channels)
        self.bn1 = nn.BatchNorm2d(channels)
        self.pointwise = nn.Conv2d(channels, channels, 1)
        self.bn2 = nn.BatchNorm2d(channels)
        self.act = nn.ReLU()

    def forward(self, x):
        x = self.act(self.bn1(self.depthwise(x)))
        return self.act(self.bn2(self.pointwise(x)))


class DSCNN(nn.Module):
    def __init__(self, classes=12, width=24):
        super().__init__()
        self.first = nn.Sequential(
            nn.ZeroPad2d((1, 1, 4, 5)),
            nn.Conv2d(1, width, (10, 4), stride=2),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Dropout2d(0.2),
        )
        self.blocks = nn.Sequential(*[DSBlock(width) for _ in range(4)])
        self.drop = nn.Dropout(0.4)
        self.pool = nn.AvgPool2d((25, 5))
        self.fc = nn.Linear(width, classes)

    def forward(self, x):
        x = self.drop(self.blocks(self.first(x)))
        return self.fc(self.pool(x).squeeze(-1).squeeze(-1))
