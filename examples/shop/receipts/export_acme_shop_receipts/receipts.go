// Package export_acme_shop_receipts writes receipts; it is the export `acme:shop/receipts`.
package export_acme_shop_receipts

import (
	"fmt"
	"strings"

	till "wit_component/acme_shop_till"
)

// Write a receipt, each article once, in the order in which they were named first.
func Write(articles []string) string {
	var items []till.Item
	places := map[string]int{}
	for _, article := range articles {
		place, known := places[article]
		if !known {
			place = len(items)
			places[article] = place
			items = append(items, till.Item{Article: article})
		}
		items[place].Count++
	}
	total := till.Total(items)
	if total.IsErr() {
		return fmt.Sprintf("we have no %s", total.Err())
	}
	var parts []string
	for _, item := range items {
		parts = append(parts, fmt.Sprintf("%d x %s", item.Count, item.Article))
	}
	cents := total.Ok()
	return fmt.Sprintf("%s: %d.%02d", strings.Join(parts, ", "), cents/100, cents%100)
}
