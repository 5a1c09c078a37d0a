"""Consignments: the cargo of one merchant for one consignee, from booking to departure."""
