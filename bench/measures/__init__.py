"""What `python -m bench` runs: each module says what it measures, against which baseline, and its bar."""
