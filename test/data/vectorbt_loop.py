"""Trades orders over bars with vectorbt. Reads a case as JSON, prints equity at each bar's close and the trades of each symbol."""

import json
import sys

import numpy as np
import pandas as pd
import vectorbt as vbt

case = json.load(open(sys.argv[1]))
times = case["times"]
symbols = case["symbols"]
row = {time: i for i, time in enumerate(times)}
shape = (len(times), len(symbols))
opens, closes, sizes = (np.full(shape, np.nan) for _ in range(3))
for column, bars in enumerate(case["bars"]):
    for time, open_, close in bars:
        opens[row[time], column] = open_
        closes[row[time], column] = close

# An order is filled at the open of its symbol's next bar: the first that opens at the signal's close or later.
for order in case["orders"]:
    column = symbols.index(order["symbol"])
    for time, _, _ in case["bars"][column][order["from"] :]:
        if time >= order["asOf"]:
            assert np.isnan(sizes[row[time], column]), "two orders for one bar"
            sizes[row[time], column] = order["quantity"]
            break

portfolio = vbt.Portfolio.from_orders(
    close=pd.DataFrame(closes).ffill().bfill(),
    size=pd.DataFrame(sizes),
    size_type="amount",
    direction="both",
    price=pd.DataFrame(opens),
    fees=case["feeBps"] / 10_000,
    slippage=case["slippageBps"] / 10_000,
    init_cash=case["capital"],
    group_by=True,
    cash_sharing=True,
    call_seq="auto",
    freq="1min",
)
value = portfolio.value()
orders = portfolio.orders.records
assert len(orders) == np.count_nonzero(~np.isnan(sizes)), "vectorbt left out an order"
asked = np.abs(sizes[orders["idx"], orders["col"]])
assert np.allclose(orders["size"], asked, rtol=1e-12), "vectorbt filled an order in part"
positions = portfolio.positions.records
print(
    json.dumps(
        {
            "equity": value.to_list(),
            "drawdown": (1 - value / np.maximum(case["capital"], value.cummax())).to_list(),
            "fees": float(orders["fees"].sum()),
            "trades": [
                {
                    "symbol": symbols[each.col],
                    "size": each.size,
                    "opened": times[each.entry_idx],
                    "entry": each.entry_price,
                    "closed": times[each.exit_idx] if each.status == 1 else None,
                    "exit": each.exit_price,
                    "fees": each.entry_fees + each.exit_fees,
                    "profit": each.pnl,
                    "side": "long" if each.direction == 0 else "short",
                }
                for each in positions.itertuples()
            ],
        }
    )
)
