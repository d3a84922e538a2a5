"""Transcripts as files: TXT, SRT, VTT, DOCX and JSON."""
