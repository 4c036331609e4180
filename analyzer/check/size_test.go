package check_test

import (
	"fmt"
	"testing"

	"candor/analyzer/check"
	"candor/rules"
)

// BenchmarkCheck compares the flows of 300 recipients with 2,000 statements.
func BenchmarkCheck(b *testing.B) {
	set := knowledge(b)
	s := story{}
	data := set.Terms.DataTypes
	for i := range 2000 {
		s.Says = append(s.Says, says{
			Text: fmt.Sprintf("We do this, number %d, with cookies and your data.", i), Does: []string{"share", "collect", "use", "sell"}[i%4], Not: i%5 == 0,
			Data: []string{data[i%len(data)].ID, data[(i+7)%len(data)].ID}, To: []string{"category:third_parties", "category:advertising_partners", "vendor:measure", "Somebody"}[i%4 : i%4+1],
		})
	}
	for i := range 3000 {
		d := observed(data, i)
		s.Seen = append(s.Seen, seen{Data: d, To: fmt.Sprintf("vendor%d.example", i%300)})
	}
	in := s.input(set)
	for b.Loop() {
		m := check.New(in)
		m.Run()
		m.Promises()
		m.NamedVendors()
	}
}

func observed(data []rules.DataType, i int) string {
	for ; ; i++ {
		if d := data[i%len(data)]; !d.Abstract {
			return d.ID
		}
	}
}
