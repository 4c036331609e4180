package behavior_test

import (
	"testing"

	"candor/crawler/evidence"
)

func image(mime string, bytes int64) func(*evidence.Request) {
	return func(r *evidence.Request) { r.MIMEType, r.BodyBytes = mime, bytes }
}

func TestTrackingPixel(t *testing.T) {
	const id = "a81fk20dk3mq7"
	const seen = "tracking_pixel pixel strong: an image of one pixel or without content was asked for, with "
	run(t, []row{
		{"a GIF of one pixel with an identifier", one().request("https://px.pixel.test/p.gif?uid="+id, image("image/gif", 43)), []string{seen + "an identifier"}},
		{"no content, with the page's address", one().request("https://px.pixel.test/p?dl=https%3A%2F%2Fwww.shop.test%2Flamps", func(r *evidence.Request) { r.Status = 204 }), []string{seen + "the page's address"}},
		{"a PNG with a cookie", one().request("https://px.pixel.test/p.png", func(r *evidence.Request) {
			image("image/png", 68)(r)
			r.Cookies = []evidence.SentCookie{{Name: "id", Value: id, Domain: "pixel.test"}}
		}), []string{seen + "an identifier in a cookie"}},
		{"the site's own server in a vendor's format", one().request(home+"px/collect-event?pxid="+id+"&uid="+id, image("image/gif", 43)), []string{seen + "an identifier"}},
		{"an unknown party", one().request("https://t.nobody.test/1.gif?visitorid="+id, image("image/gif", 43)),
			[]string{"tracking_pixel nobody.test strong: an image of one pixel or without content was asked for, with an identifier"}},

		{"a spacer without anything", one().request("https://px.pixel.test/p.gif", image("image/gif", 43)), nil},
		{"a picture", one().request("https://px.pixel.test/p.gif?uid="+id, image("image/gif", 4300)), nil},
		{"an icon of a vector", one().request("https://px.pixel.test/p.svg?uid="+id, image("image/svg+xml", 90)), nil},
		{"the site's own pixel", one().request(home+"p.gif?uid="+id, image("image/gif", 43)), nil},
		{"one that only delivers files", one().request("https://c.assets.test/p.gif?uid="+id, image("image/gif", 43)), nil},
		{"an error page", one().request("https://px.pixel.test/p.gif?uid="+id, func(r *evidence.Request) { r.Status, r.MIMEType, r.BodyBytes = 404, "image/gif", 43 }), nil},
		{"one that was not sent", one().request("https://px.pixel.test/p.gif?uid="+id, func(r *evidence.Request) {
			r.Status, r.Error = 0, "net::ERR_BLOCKED_BY_CLIENT"
		}), nil},
		{"a version and a date", one().request("https://px.pixel.test/p.gif?v=20261101&ver=12.4.1", image("image/gif", 43)), nil},
	})
}
