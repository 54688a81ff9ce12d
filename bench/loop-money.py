"""What vectorbt takes for the same orders over the same bars: processor seconds of the portfolio and its metrics, compiled before."""

import json
import sys
import time

import numpy as np
import vectorbt as vbt

opens, closes, sizes = np.fromfile(sys.argv[1], dtype=np.float64).reshape(3, -1)


def trade(count):
    portfolio = vbt.Portfolio.from_orders(
        closes[:count], size=sizes[:count], size_type="amount", direction="both", price=opens[:count],
        fees=0.001, slippage=0.0005, init_cash=100_000, freq="1min",
    )
    return portfolio, portfolio.stats()


trade(5000)
before = time.process_time()
portfolio, _ = trade(len(closes))
print(json.dumps({"seconds": time.process_time() - before, "equity": float(portfolio.final_value()), "orders": int(portfolio.orders.count())}))
