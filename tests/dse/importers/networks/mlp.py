"""A perceptron with batch norm behind the activations, widths in a list."""

import torch
from torch import nn


class MLP(nn.Module):
    def __init__(self, sizes=(784, 64, 48, 10), p=0.2):
        super().__init__()
        self.sizes = sizes
        layers = []
        for i in range(len(sizes) - 2):
            layers.append(nn.Linear(sizes[i], sizes[i + 1]))
            layers.append(nn.LeakyReLU(0.1))
            layers.append(nn.BatchNorm1d(sizes[i + 1]))
            layers.append(nn.Dropout(p))
        layers.append(nn.Linear(sizes[-2], sizes[-1]))
        self.layers = nn.Sequential(*layers)

    def forward(self, x: torch.Tensor):
        x = x.view(-1, self.sizes[0])
        return self.layers(x)
