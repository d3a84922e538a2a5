"""The named statements and the migrations."""
