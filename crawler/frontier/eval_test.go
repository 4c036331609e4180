package frontier_test

import (
	"bufio"
	"cmp"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"candor/crawler/frontier"
	"candor/rules"
)

// evalDir is the evaluation data beside the checkout, or where CANDOR_EVAL_DIR
// says; nothing of it may enter the project.
var evalDir = cmp.Or(os.Getenv("CANDOR_EVAL_DIR"), filepath.Join("..", "..", "..", "shared", "eval"))

// linkPage is a page with its links; gold is the type of document that a
// person said a link leads to.
type linkPage struct {
	Page  string
	Base  string
	Links []struct{ Href, Text, Title, Gold string }
}

// TestEvalLinks measures which link of a page is taken for the privacy policy.
// "make eval" runs it; it prints figures and judges nothing. Most of the pages
// are policies themselves, whose links to themselves count; "elsewhere" is
// measured on the others alone, and without those links.
func TestEvalLinks(t *testing.T) {
	if os.Getenv("CANDOR_EVAL") == "" {
		t.Skip("a measurement: make eval runs it")
	}
	scorer := realScorer(t)
	var top1, top3, else1, else3 []float64
	for _, p := range readLinkPages(t, filepath.Join(evalDir, "page_links.jsonl")) {
		if rank, ok := rankOfPolicy(scorer, p, true); ok {
			top1, top3 = append(top1, share(rank == 1)), append(top3, share(rank >= 1 && rank <= 3))
			if rank != 1 && os.Getenv("CANDOR_EVAL") == "verbose" {
				t.Logf("rank %d at %s", rank, p.Base)
			}
		}
		if rank, ok := rankOfPolicy(scorer, p, false); ok {
			else1, else3 = append(else1, share(rank == 1)), append(else3, share(rank >= 1 && rank <= 3))
			if rank != 1 && os.Getenv("CANDOR_EVAL") == "verbose" {
				t.Logf("elsewhere: rank %d at %s", rank, p.Base)
			}
		}
	}
	report(t, "link", "top-1", top1, .92)
	report(t, "link", "top-3", top3, .98)
	report(t, "link", "top-1-elsewhere", else1, .92)
	report(t, "link", "top-3-elsewhere", else3, .98)
}

// realScorer knows the words of the rules.
func realScorer(t *testing.T) *frontier.Scorer {
	t.Helper()
	set, err := rules.Default()
	if err != nil {
		t.Fatal(err)
	}
	var words []frontier.KindWords
	for _, k := range set.Terms.PolicyLinks.Kinds {
		words = append(words, frontier.KindWords{Kind: k.Kind, Texts: k.Texts, Paths: k.Paths, Not: k.Not})
	}
	return frontier.NewScorer(words)
}

func share(ok bool) float64 {
	if ok {
		return 1
	}
	return 0
}

// rankOfPolicy is the place of the best link to a privacy policy among the
// addresses of a page, 0 when none is a candidate. It is false for a page that
// has no such link. The data know no kinds of privacy policy: a state notice
// is one.
func rankOfPolicy(scorer *frontier.Scorer, p linkPage, itself bool) (int, bool) {
	type target struct {
		score int
		gold  bool
	}
	var list []*target
	byKey := map[string]*target{}
	any := false
	for _, l := range p.Links {
		key := frontier.Key(l.Href)
		if !itself && key == frontier.Key(p.Base) {
			continue
		}
		gold := l.Gold == "Privacy Policy"
		any = any || gold
		scores := scorer.Scores(p.Base, frontier.Candidate{URL: l.Href, Text: cmp.Or(l.Text, l.Title)})
		score := max(scores["privacy"], scores["state"])
		if score == 0 {
			continue
		}
		t := byKey[key]
		if t == nil {
			t = &target{}
			byKey[key] = t
			list = append(list, t)
		}
		t.score, t.gold = max(t.score, score), t.gold || gold
	}
	slices.SortStableFunc(list, func(a, b *target) int { return cmp.Compare(b.score, a.score) })
	return 1 + slices.IndexFunc(list, func(t *target) bool { return t.gold }), any
}

func readLinkPages(t *testing.T, name string) []linkPage {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []linkPage
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 16<<20)
	for sc.Scan() {
		var p linkPage
		if err := json.Unmarshal(sc.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	if err := sc.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// report prints the mean over pages with a 95% bootstrap interval, which is
// the same in every run.
func report(t *testing.T, task, metric string, values []float64, bar float64) {
	t.Helper()
	mean := func(pick func(int) int) float64 {
		sum := 0.0
		for i := range values {
			sum += values[pick(i)]
		}
		return sum / float64(max(1, len(values)))
	}
	random := rand.New(rand.NewPCG(1, 2))
	var means []float64
	for range 2000 {
		means = append(means, mean(func(int) int { return random.IntN(len(values)) }))
	}
	slices.Sort(means)
	t.Logf("eval: %s %s %.3f [%.3f, %.3f] n=%d bar=%.2f", task, metric, mean(func(i int) int { return i }), means[50], means[1949], len(values), bar)
}
