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
closes, sizes = (np.full(shape, np.nan) for _ in range(2))
for column, bars in enumerate(case["bars"]):
    for time, _, close, _, _ in bars:
        closes[row[time], column] = close

rests = case["rests"]


def fill(order, bars):
    """When, at what price and at what fee an order is filled; None: never."""
    after = [bar for bar in bars[order["from"] :] if bar[0] >= order["asOf"]]
    side = 1 if order["quantity"] > 0 else -1
    taker, slip = case["feeBps"] / 10_000, 1 + side * case["slippageBps"] / 10_000
    limit = order.get("limit")
    if limit is None:
        return (after[0][0], after[0][1] * slip, taker) if after else None
    for nth, (time, open_, _, low, high) in enumerate(after):
        if nth == rests["bars"]:
            return time, open_ * slip, taker
        if order["gone"] is not None and time >= order["gone"]:
            return None
        if nth == 0 and (limit - open_) * side >= 0:
            return time, (min if side > 0 else max)(open_ * slip, limit), taker
        if (limit - (low if side > 0 else high)) * side > 0:
            return time, limit, rests["makerFeeBps"] / 10_000
        if nth == rests["bars"] - 1 and not rests["take"]:
            return None
    return None


# An order that takes is filled at the open of its symbol's next bar: the first that opens at the signal's close or later.
prices, fees = np.full(shape, np.nan), np.zeros(shape)
for order in case["orders"]:
    column = symbols.index(order["symbol"])
    found = fill(order, case["bars"][column])
    if found is not None:
        time, price, fee = found
        at = row[time], column
        assert np.isnan(sizes[at]), "two orders for one bar"
        sizes[at], prices[at], fees[at] = order["quantity"], price, fee

portfolio = vbt.Portfolio.from_orders(
    close=pd.DataFrame(closes).ffill().bfill(),
    size=pd.DataFrame(sizes),
    size_type="amount",
    direction="both",
    price=pd.DataFrame(prices),
    fees=pd.DataFrame(fees),
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
