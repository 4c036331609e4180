package behavior_test

import (
	"context"
	"fmt"
	"testing"

	"candor/analyzer/flow"
	"candor/analyzer/flow/behavior"
	"candor/crawler/evidence"
)

// BenchmarkFind reads 200 pages with 100 requests each, without the finder and
// with it: the difference is what looking for behaviors costs.
func BenchmarkFind(b *testing.B) {
	var s scene
	for i := range 200 {
		s.page(fmt.Sprintf("p%04d.none", i+1))
		s.cookie("shop.test", fmt.Sprintf("c%d", i%40), fmt.Sprintf("k3f9a2%04dc7be14d6f", i), "https://js.pixel.test/tag.js")
		for j := range 100 {
			host := []string{"https://px.pixel.test/p.gif", "https://x.adharbor.test/match", home + "api", "https://c.assets.test/lib.js"}[j%4]
			s.request(fmt.Sprintf("%s?uid=a81fk20dk3m%04d&dl=https%%3A%%2F%%2Fwww.shop.test%%2Fp%d&v=%d", host, i, i, j), func(r *evidence.Request) {
				r.MIMEType, r.BodyBytes, r.Initiator.Type = "image/gif", 43, "script"
				for k := range 6 {
					r.Initiator.Stack = append(r.Initiator.Stack, evidence.StackFrame{URL: fmt.Sprintf("https://js.pixel.test/%d.js", k), Line: j})
				}
			})
		}
	}
	r := s.write(b)
	set := knowledge(b)
	for name, observers := range map[string]func() []flow.Observer{
		"without": func() []flow.Observer { return nil },
		"with":    func() []flow.Observer { return []flow.Observer{behavior.New()} },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := flow.Build(context.Background(), r, set, flow.NewSite([]string{home}, nil), observers()...); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
