"""A network grown in loops: ModuleList, ModuleDict, Identity, in-place functions, skip by name."""

import torch
import torch.nn as nn
import torch.nn.functional as F


class Net(nn.Module):
    def __init__(self, depth=3, ch=12, num_classes=5, norm=True):
        super().__init__()
        self.inp = nn.Conv2d(2, ch, 3, padding=1)
        self.convs = nn.ModuleList()
        self.norms = nn.ModuleList()
        for i in range(depth):
            self.convs.append(nn.Conv2d(ch, ch, 3, padding="same", bias=not norm))
            self.norms.append(nn.BatchNorm2d(ch) if norm else nn.Identity())
        self.skip = nn.Identity()
        self.act = nn.ModuleDict({"silu": nn.SiLU(inplace=True), "gelu": nn.GELU()})
        self.out = nn.Linear(ch, num_classes)

    def forward(self, x):
        x = F.elu(self.inp(x), inplace=True)
        for i, (conv, norm) in enumerate(zip(self.convs, self.norms)):
            y = norm(conv(x))
            x = self.skip(x) + y
            x = F.relu_(x) if i % 2 else F.relu(x, inplace=True)
            if i == 0:
                x = F.max_pool2d(x, kernel_size=3, stride=2, padding=1)
        x = self.act["silu"](x)
        x = x.mean(dim=[2, 3], keepdim=False)
        x = torch.reshape(self.act["gelu"](x), (x.shape[0], -1))
        return self.out(x)
