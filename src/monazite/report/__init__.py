"""The report: an outcome as one HTML page that a minister can read and that opens offline."""

from monazite.report.html import write_report

__all__ = ["write_report"]
