"""Forecasts of hourly series for the next 1 to 48 hours, with quantiles and their scores."""
