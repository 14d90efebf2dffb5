"""Pages of the forecast: money to come, the invoices behind it, and how good past forecasts were."""
