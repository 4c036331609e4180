package main

import (
	"html"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"candor/analyzer/policy"
)

type pageInfo struct{ Name, Lang, Gold string }

var (
	goldLink = regexp.MustCompile(`!?\[([^\]]*)\]\([^)]*\)`)
	goldURL  = regexp.MustCompile(`https?://\S+`)
)

// shingles counts runs of letters and digits of a text.
func shingles(s string) map[string]int {
	s = goldURL.ReplaceAllString(goldLink.ReplaceAllString(html.UnescapeString(s), "$1"), "")
	var run []rune
	for _, c := range strings.ToLower(s) {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			run = append(run, c)
		}
	}
	const n = 12
	out := make(map[string]int)
	for i := 0; i+n <= len(run); i++ {
		out[string(run[i:i+n])]++
	}
	return out
}

// extract: the text of the policy without what surrounds it.
func extract(m *measurement) error {
	list, err := lines[pageInfo](m, "pages.jsonl")
	if err != nil {
		return err
	}
	f, r := map[string]float64{}, map[string]float64{}
	byLanguage := map[string]map[string]float64{}
	for _, p := range list {
		raw, err := os.ReadFile(filepath.Join(m.dir, "pages", p.Name+".html"))
		if err != nil {
			return err
		}
		gold, err := os.ReadFile(filepath.Join(m.dir, "pages", p.Name+".txt"))
		if err != nil {
			return err
		}
		doc := policy.Read(policy.Input{ID: p.Name, MIMEType: "text/html", Raw: raw}, m.set)
		want, got := shingles(string(gold)), shingles(doc.Text)
		var both, nWant, nGot float64
		for s, n := range want {
			both += float64(min(n, got[s]))
			nWant += float64(n)
		}
		for _, n := range got {
			nGot += float64(n)
		}
		f[p.Name], r[p.Name] = ratio(2*both, nWant+nGot), ratio(both, nWant)
		if byLanguage[p.Lang] == nil {
			byLanguage[p.Lang] = map[string]float64{}
		}
		byLanguage[p.Lang][p.Name] = f[p.Name]
		if f[p.Name] < 0.96 {
			m.mistake("extract", p.Name, "P %.3f R %.3f (%s, %d words) %v", ratio(both, nGot), r[p.Name], p.Lang, doc.Words, doc.Faults)
		}
	}
	m.median("extract", "F1", f)
	m.median("extract", "recall", r)
	for _, l := range slices.Sorted(maps.Keys(byLanguage)) {
		m.median("extract", "F1-"+l, byLanguage[l])
	}
	low := newTally()
	for id, v := range f {
		if v >= 0.9 {
			low.right(id)
		} else {
			low.missed(id)
		}
	}
	m.figure("extract", "pages-over-0.9", low, recall)
	return nil
}
