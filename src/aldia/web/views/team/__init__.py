"""Pages of the team: results of a month, the rows behind them, targets."""
