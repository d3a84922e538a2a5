"""Speech-to-text services, one module each: they implement `bot.ports.provider.Provider`."""
