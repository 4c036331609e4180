package frontier

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"candor/crawler/evidence"
)

// minNotice is the least score of a candidate for a notice.
const minNotice = 50

// offSiteNotice is the least score of a candidate on another site: its text
// names the notice, or most of the text and the address do.
const offSiteNotice = 80

// selfNotice is added where a start page links to itself as a notice, or names
// itself one by its address: the person named the notice that is meant. It is
// more than the best that another link's text can add.
const selfNotice = 150

// likelyNotice is the score of an address alone that names the notice.
const likelyNotice = 75

// surerNotice is the least score at which a page is read as a notice although
// it was visited for another reason, or as one of a kind that most sites lack.
const surerNotice = 70

// Bounds of what is kept of notices.
const (
	maxNotices     = 40 // candidates of one kind
	maxNoticeLinks = 20 // links to one candidate
)

// Notice is a candidate for a policy document.
type Notice struct {
	URL        string
	Kind       string
	Score      int                // 50 to about 320; above 100, text and address name the notice; above 250, it is a start page
	OffSite    bool               // the host is outside the scope: a parent company's or a hosted policy
	PDF        bool               // by its address
	LinkedFrom []evidence.DocLink // at most 20, in the order in which they were found
}

// Candidate is one link as the scorer sees it.
type Candidate struct {
	URL    string
	Text   string
	Region string // nearest landmark
	Rel    string
}

// Scorer tells how likely a link leads to a notice of each kind. It is safe
// for use by several goroutines.
type Scorer struct{ kinds []kindPhrases }

// NewScorer prepares the words of the notices.
func NewScorer(notices []KindWords) *Scorer { return &Scorer{kinds: compile(notices)} }

// Scores returns a score for each kind whose candidate the link is. base is
// the page's address, as a person gave it; same site and same language count a
// little, and a link of that page to itself counts more.
func (s *Scorer) Scores(base string, c Candidate) map[string]int {
	from := parsedOrNil(base)
	u, err := parse(from, c.URL)
	if err != nil {
		return nil
	}
	out := map[string]int{}
	for _, k := range s.score(from, u, c.Text, c.Region, c.Rel) {
		if from != nil && keyOf(from) == keyOf(u) {
			k.score += selfNotice
		}
		out[k.kind] = k.score
	}
	return out
}

func parsedOrNil(base string) *url.URL {
	u, err := parse(nil, base)
	if err != nil {
		return nil
	}
	return u
}

type kindScore struct {
	kind  string
	score int
}

// relKinds are link types of the HTML standard (4.6.7) that name notices.
var relKinds = map[string]string{"privacy-policy": "privacy", "terms-of-service": "terms"}

// score weighs text, address, landmark, link type, site and language. A kind
// whose matching phrase is a part of another kind's longer phrase steps back:
// "California Privacy Notice" is a state notice first.
func (s *Scorer) score(base, u *url.URL, text, region, rel string) []kindScore {
	d := describe(u, text)
	type match struct {
		kindScore
		phrase int
	}
	var found []match
	longest := 0
	for _, k := range s.kinds {
		if k.ruledOut(d.text) {
			continue
		}
		textScore, textLen := k.textScore(d)
		where, pathLen := k.pathScore(d)
		if textScore < 100 && where > 0 && k.ruledOut(d.joined) {
			where = 0
		}
		m := match{kindScore{k.kind, textScore + where}, max(textLen, pathLen)}
		for r := range strings.FieldsSeq(strings.ToLower(rel)) {
			if relKinds[r] == k.kind {
				m.score += 80
			}
		}
		if m.score == 0 {
			continue
		}
		m.score += placeScore(base, u, d, region) + min(textLen, 16)/4 // "privacy policy" before "privacy"
		if textScore > 0 {
			longest = max(longest, m.phrase)
		}
		found = append(found, m)
	}
	var out []kindScore
	for _, m := range found {
		if m.phrase < longest {
			m.score -= 25
		}
		if m.score >= minNotice {
			out = append(out, m.kindScore)
		}
	}
	return out
}

// titleParts are what stands between the name of a page and that of its site.
var titleParts = regexp.MustCompile(`\s+[|\-–—·•:»>\\/]+\s+|:\s+|\|`)

// named returns the kind of notice whose name a title is, or a part of it. The
// longest name counts.
func (s *Scorer) named(title string) string {
	kind, longest := "", 0
	for _, part := range titleParts.Split(shorten(title), 10) {
		text := plainText(part)
		for _, k := range s.kinds {
			if slices.Contains(k.texts, text) && !k.ruledOut(text) && len(text) > longest {
				kind, longest = k.kind, len(text)
			}
		}
	}
	return kind
}

// placeScore is what the place of a link and its target add or take away.
func placeScore(base, u *url.URL, d linkText, region string) int {
	score := 0
	switch region {
	case "footer":
		score += 10
	case "main", "article":
		score -= 5
	}
	if base != nil {
		if evidence.Site(u.Hostname()) == evidence.Site(base.Hostname()) {
			score += 20
		} else {
			score -= 10
		}
		switch here, there := pathLanguage(base), pathLanguage(u); {
		case here == "" || there == "":
		case here == there:
			score += 3
		default:
			score -= 10
		}
	}
	for i, folder := range d.segments {
		if i > 0 && articles[folder] || i > 0 && len(folder) == 4 && (strings.HasPrefix(folder, "19") || strings.HasPrefix(folder, "20")) {
			score -= 70 // what is written about privacy is no notice
			break
		}
	}
	score -= min(len(d.segments), 6) // the shorter of two addresses is the notice, the longer its sub-page
	return score
}

// articles are folders of texts that are about their subject.
var articles = setOf("blog", "blogs", "news", "newsroom", "article", "articles", "post", "posts", "press", "press releases", "story", "stories", "magazine", "insights",
	"forum", "forums", "community", "wiki", "podcast", "podcasts", "videos", "events", "tag", "tags", "category", "author",
	"aktuelles", "ratgeber", "magazin", "actualites", "actualités", "noticias", "notizie", "nieuws", "notícias", "aktualnosci")

// pathLanguage returns the language that a path begins with ("/de/…",
// "/en-gb/…"), or "".
func pathLanguage(u *url.URL) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	lang, region, _ := strings.Cut(strings.ToLower(first), "-")
	if len(lang) != 2 || len(region) != 0 && len(region) != 2 {
		return ""
	}
	for _, r := range lang + region {
		if r < 'a' || r > 'z' {
			return ""
		}
	}
	return lang
}

// noticeBook collects candidates. The frontier's lock guards it.
type noticeBook struct {
	byKind map[string][]*noticeEntry
	byKey  map[string]*noticeEntry // kind and key
}

type noticeEntry struct {
	Notice
	key   string
	order int
}

func newNoticeBook() *noticeBook {
	return &noticeBook{byKind: map[string][]*noticeEntry{}, byKey: map[string]*noticeEntry{}}
}

// add records a link to a candidate and says whether it was taken.
func (b *noticeBook) add(n Notice, key string, link evidence.DocLink, order int) bool {
	id := n.Kind + "\n" + key
	e := b.byKey[id]
	if e == nil {
		if len(b.byKind[n.Kind]) >= maxNotices {
			return false
		}
		e = &noticeEntry{Notice: n, key: key, order: order}
		b.byKey[id] = e
		b.byKind[n.Kind] = append(b.byKind[n.Kind], e)
	}
	e.Score = max(e.Score, n.Score)
	if len(e.LinkedFrom) < maxNoticeLinks && !slices.Contains(e.LinkedFrom, link) {
		e.LinkedFrom = append(e.LinkedFrom, link)
	}
	return true
}

// list returns the candidates: kinds in the order of the words, the best
// first, ties by discovery.
func (b *noticeBook) list(kinds []kindPhrases, keep func(*noticeEntry) bool) []Notice {
	var out []Notice
	for _, k := range kinds {
		entries := slices.Clone(b.byKind[k.kind])
		slices.SortStableFunc(entries, func(x, y *noticeEntry) int {
			return cmp.Or(cmp.Compare(y.Score, x.Score), cmp.Compare(x.order, y.order), strings.Compare(x.URL, y.URL))
		})
		for _, e := range entries {
			if keep(e) {
				n := e.Notice
				n.LinkedFrom = slices.Clone(e.LinkedFrom)
				out = append(out, n)
			}
		}
	}
	return out
}
