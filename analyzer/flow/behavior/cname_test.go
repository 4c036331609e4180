package behavior_test

import (
	"testing"

	"candor/crawler/evidence"
)

func (s *scene) alias(host string, chain ...string) *scene {
	s.names = append(s.names, evidence.Name{Host: host, Chain: chain})
	return s
}

func TestCNAMECloaking(t *testing.T) {
	const to = "https://data.shop.test/e?x=1"
	const seen = "cname_cloaking relay direct: data.shop.test, a name of the site's own, is an alias of shop.relay.test, where requests go"
	run(t, []row{
		{"a tracker", one().alias("data.shop.test", "shop.relay.test").request(to, nil), []string{seen}},
		{"at the end of a chain", one().alias("data.shop.test", "edge.shop.test", "shop.relay.test", "eu.cloud.test").request(to, nil), []string{seen}},
		{"cookies of the site go there", one().alias("data.shop.test", "shop.relay.test").request(to, func(r *evidence.Request) {
			r.Cookies = []evidence.SentCookie{{Name: "basket", Value: "b1", Domain: "shop.test"}}
		}), []string{seen + ", with cookies of the site"}},

		{"no alias", one().alias("data.shop.test").request(to, nil), nil},
		{"an alias of the site's own", one().alias("data.shop.test", "edge.shop.test").request(to, nil), nil},
		{"an alias of a delivery network", one().alias("data.shop.test", "shop.assets.test").request(to, nil), nil},
		{"an alias of nobody known", one().alias("data.shop.test", "shop.cloud.test").request(to, nil), nil},
		{"an alias of a payment service", one().alias("data.shop.test", "shop.pay.test").request(to, nil), nil},
		{"a host that serves pages", (&scene{}).page("p0001.none", func(p *evidence.Page) { p.FinalURL = "https://data.shop.test/" }).
			alias("data.shop.test", "shop.relay.test").request(to, nil), nil},
		{"another's alias", one().alias("data.other.test", "shop.relay.test").request("https://data.other.test/e", nil), nil},
	})
}
