ORDERS = {1: "a lamp"}
