"""The buttons of a reply: download, rename speakers, transcribe again, delete, retry, cancel."""
