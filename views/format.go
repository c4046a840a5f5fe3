package views

import "strconv"

// int64Text writes a number as forms and addresses carry it, without grouping.
func int64Text(n int64) string { return strconv.FormatInt(n, 10) }

// itoa is strconv.Itoa, for attributes.
func itoa(n int) string { return strconv.Itoa(n) }
