"""What is sent to the app: which events a change raises, and how they travel."""
