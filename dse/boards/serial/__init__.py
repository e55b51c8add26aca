"""A real board on a serial port: it runs firmware that the user has built and flashed.

How to set one up is written in docs/calibrate_your_board.md.
"""

from dse.boards.serial.board import SerialBoard
from dse.boards.serial.firmware import image_name, write_firmware

__all__ = ["SerialBoard", "image_name", "write_firmware"]
