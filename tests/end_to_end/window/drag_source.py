"""Another program to drag a file out of, as a file manager would be: `python drag_source.py FILE`, window at 20, 20."""

from __future__ import annotations

import sys

from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QDrag, QMouseEvent
from PySide6.QtWidgets import QApplication, QLabel


class FileIcon(QLabel):
    def __init__(self, path: str) -> None:
        super().__init__("file")
        self._path = path
        self.setWindowFlags(Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowStaysOnTopHint)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            data = QMimeData()
            data.setUrls([QUrl.fromLocalFile(self._path)])
            drag = QDrag(self)
            drag.setMimeData(data)
            drag.exec(Qt.DropAction.CopyAction)


def main() -> None:
    app = QApplication(["file-source"])
    icon = FileIcon(sys.argv[1])
    icon.setGeometry(20, 20, 60, 60)
    icon.show()
    app.exec()


if __name__ == "__main__":
    main()
