package flow_test

import (
	"slices"
	"testing"

	"candor/analyzer/flow"
	"candor/crawler/evidence"
)

// Which cookie had the same value where is told by keyed hashes: between states,
// between pages, and between a cookie and a storage key.
func TestHeldValues(t *testing.T) {
	var s scan
	for _, id := range []string{"p0001.none", "p0002.none", "p0001.accept"} {
		s.page(id, evidence.State(id[6:]))
	}
	cookie := func(page, value string) {
		s.cookies = append(s.cookies, evidence.Cookie{Page: page, State: evidence.State(page[6:]), Name: "uid", Value: value, Domain: "www.shop.test", Path: "/"})
	}
	cookie("p0001.none", "8f14e45fceea167a")
	cookie("p0002.none", "8f14e45fceea167a")
	cookie("p0001.accept", "45c48cce2e2d7fbd")
	s.storage = []evidence.StorageItem{{Page: "p0002.none", State: "none", Kind: "local", Origin: "https://www.shop.test", Key: "u", Value: "8f14e45fceea167a"}}
	for i := range 25 { // more values than are kept
		s.storage = append(s.storage, evidence.StorageItem{Page: "p0001.none", State: "none", Kind: "local", Origin: "https://www.shop.test", Key: "n", Value: string(rune('a' + i))})
	}
	res := s.build(t)
	mark := evidence.Meta{ScanID: "t"}.Marker().Mark

	uid := res.Cookies[0].Values
	at := func(value string) flow.Held {
		i := slices.IndexFunc(uid, func(h flow.Held) bool { return h.Mark == mark(value) })
		if i < 0 {
			t.Fatalf("the value %s is not among %v", value, uid)
		}
		return uid[i]
	}
	if len(uid) != 2 || !slices.IsSortedFunc(uid, func(a, b flow.Held) int { return slices.Compare([]string{a.Mark}, []string{b.Mark}) }) {
		t.Errorf("values of the cookie: %v", uid)
	}
	if old := at("8f14e45fceea167a"); len(old.Pages) != 2 || !slices.Equal(old.States, []evidence.State{"none"}) {
		t.Errorf("first visitor: %v", old)
	}
	if fresh := at("45c48cce2e2d7fbd"); len(fresh.Pages) != 1 || !slices.Equal(fresh.States, []evidence.State{"accept"}) {
		t.Errorf("second visitor: %v", fresh)
	}
	for _, k := range res.Storage {
		switch k.Key {
		case "u":
			if len(k.Values) != 1 || k.Values[0].Mark != mark("8f14e45fceea167a") {
				t.Errorf("the key with the cookie's value: %v", k.Values)
			}
		case "n":
			if len(k.Values) != 20 || !k.MoreValues {
				t.Errorf("%d values of a key that had 25, more: %v", len(k.Values), k.MoreValues)
			}
		}
	}
	// The order of the records does not matter.
	slices.Reverse(s.storage)
	slices.Reverse(s.cookies)
	again := s.build(t)
	for i := range res.Storage {
		if !slices.EqualFunc(res.Storage[i].Values, again.Storage[i].Values, func(a, b flow.Held) bool { return a.Mark == b.Mark }) {
			t.Errorf("another order gives other values of %s", res.Storage[i].Key)
		}
	}
}
