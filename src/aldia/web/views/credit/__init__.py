"""Risk and credit: the table of customers, the policy, one customer's credit, holds and leave."""
