"""Windows of an accelerometer, (batch, time, axes), turned into channels for Conv1d."""

import torch
from torch import nn


class HARNet(nn.Module):
    def __init__(self, n_axes=3, n_classes=6):
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv1d(n_axes, 16, kernel_size=5, padding=2),
            nn.Sigmoid(),
            nn.MaxPool1d(2),
            nn.Conv1d(16, 24, kernel_size=5, padding=2),
            nn.Hardsigmoid(),
            nn.AdaptiveMaxPool1d(8),
        )
        self.lin = nn.Sequential(nn.Linear(24 * 8, 32), nn.ReLU(), nn.Linear(32, n_classes))

    def forward(self, x):
        x = x.squeeze(1).transpose(1, 2)  # (batch, 1, time, axes)
        x = self.conv(x)
        x = torch.flatten(x, start_dim=1)
        return self.lin(x)
