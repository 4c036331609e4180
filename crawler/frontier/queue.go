package frontier

import (
	"cmp"
	"net/url"
	"path"
	"slices"
	"strings"

	"candor/crawler/evidence"
)

// candidate is an address that waits.
type candidate struct {
	url    *url.URL
	key    string
	host   string
	shape  string
	folder string
	depth  int
	from   string
	order  int
	start  bool
	main   bool // on a start host
	dated  bool
	paged  bool

	kind      string
	kindRank  int
	kindScore int

	notice      string
	noticeScore int
}

// counters are what the choice of the next page and the bounds count.
type counters struct {
	shapes       map[string]int // visits
	folders      map[string]int // visits
	kinds        map[string]int // visits
	noticeVisits map[string]int // visits that may hold the notice
	noticeTries  map[string]int
	noticeBest   map[string]int             // best score visited
	children     map[string]map[string]bool // names under a folder
	queued       map[string]int             // addresses of one shape that were added
	queries      map[string]int             // queries of one path
	crowded      int                        // left out because enough of their shape waits
}

func newCounters() counters {
	return counters{
		shapes: map[string]int{}, folders: map[string]int{}, kinds: map[string]int{}, noticeVisits: map[string]int{}, noticeTries: map[string]int{},
		noticeBest: map[string]int{}, children: map[string]map[string]bool{}, queued: map[string]int{}, queries: map[string]int{},
	}
}

func (n *counters) visit(c *candidate) {
	n.shapes[c.shape]++
	if c.folder != "" {
		n.folders[c.folder]++
	}
	n.kinds[c.kind]++
	if c.notice != "" {
		n.noticeVisits[c.notice]++
		n.noticeTries[c.notice]++
		n.noticeBest[c.notice] = max(n.noticeBest[c.notice], c.noticeScore)
	}
}

// failed takes back what a visit was counted for, so that the next page of its
// kind gets a turn.
func (n *counters) failed(item Item) {
	if item.Notice != "" {
		n.noticeVisits[item.Notice]--
		n.noticeBest[item.Notice] = 0
	} else if n.kinds[item.Kind] > 0 {
		n.kinds[item.Kind]--
	}
}

// visitsLike is how often pages like this one were visited: of its shape, or
// of its folder once that holds many names.
func (n *counters) visitsLike(c *candidate) int {
	visits := n.shapes[c.shape]
	if c.folder != "" && len(n.children[c.folder]) > maxChildren {
		visits = max(visits, n.folders[c.folder])
	}
	return visits
}

// The classes of candidates, the first one first.
const (
	classStart = iota
	classNotice
	classKind  // the first page of a kind
	classOther // by how often its like was visited
	classList  // further pages of what may be a list
	classNever
)

// class says in which class a candidate is now. The caller holds the lock.
func (f *Frontier) class(c *candidate) int {
	if c.start {
		return classStart
	}
	if c.notice != "" && f.noticeDue(c) {
		return classNotice
	}
	visits := f.counts.visitsLike(c)
	if visits >= f.o.MaxPerShape || c.dated && visits >= maxDated {
		return classNever
	}
	if c.paged && visits >= maxPaged {
		return classList
	}
	if c.kind != KindOther && f.counts.kinds[c.kind] == 0 {
		return classKind
	}
	return classOther
}

// noticeDue says whether a candidate should be visited as a notice: the first
// of its kind, or a clearly better one than those visited. The notices other
// than the privacy policy may take a third of the budget.
func (f *Frontier) noticeDue(c *candidate) bool {
	n := &f.counts
	if n.noticeTries[c.notice] >= maxAttempts {
		return false
	}
	if n.noticeVisits[c.notice] > 0 && c.noticeScore <= n.noticeBest[c.notice]+10 {
		return false
	}
	if c.notice == f.foremost() {
		return true
	}
	if c.noticeScore < surerNotice {
		return false // a guess is worth a visit for the privacy policy only
	}
	others := 0
	for kind, visits := range n.noticeVisits {
		if kind != f.foremost() {
			others += visits
		}
	}
	return others < max(1, f.o.Pages/3)
}

// foremost is the kind of notice that is visited whatever the budget: the
// privacy policy, or the first of the words when they have none.
func (f *Frontier) foremost() string {
	for _, k := range f.scorer.kinds {
		if k.kind == KindPrivacy {
			return k.kind
		}
	}
	if len(f.scorer.kinds) == 0 {
		return ""
	}
	return f.scorer.kinds[0].kind
}

// best returns the candidate to hand out next, or nil. A host at its limit of
// visits is passed over; a host that is owed a pause is not, so that the order
// does not depend on time. The caller holds the lock.
func (f *Frontier) best() *candidate {
	var best *candidate
	bestClass := classNever
	used := f.handed >= f.budget()
	for _, c := range f.pending {
		if f.seeding && !c.start {
			continue
		}
		if h := f.hosts[c.host]; h != nil && h.active >= f.o.HostTabs {
			continue
		}
		class := f.class(c)
		if class == classNever || class > bestClass {
			continue
		}
		if used && !(class == classNotice && c.notice == f.foremost() && f.counts.noticeTries[c.notice] == 0) {
			continue
		}
		if best == nil || class < bestClass || f.before(c, best, class) {
			best, bestClass = c, class
		}
	}
	return best
}

// before orders two candidates of one class.
func (f *Frontier) before(a, b *candidate, class int) bool {
	var by int
	switch class {
	case classNotice:
		by = cmp.Or(cmp.Compare(f.noticeRank(a.notice), f.noticeRank(b.notice)), cmp.Compare(b.noticeScore, a.noticeScore))
	case classKind:
		by = cmp.Or(cmp.Compare(a.kindRank, b.kindRank), compareTrue(a.main, b.main), cmp.Compare(b.kindScore, a.kindScore), cmp.Compare(a.depth, b.depth))
	case classOther, classList:
		by = cmp.Or(cmp.Compare(f.counts.visitsLike(a), f.counts.visitsLike(b)), compareTrue(a.main, b.main), cmp.Compare(a.depth, b.depth))
	}
	return cmp.Or(by, cmp.Compare(a.order, b.order), strings.Compare(a.key, b.key)) < 0
}

// compareTrue puts true first.
func compareTrue(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// noticeRank is the foremost kind, then the order of the words.
func (f *Frontier) noticeRank(kind string) int {
	if kind == f.foremost() {
		return -1
	}
	for i, k := range f.scorer.kinds {
		if k.kind == kind {
			return i
		}
	}
	return len(f.scorer.kinds)
}

// addStarts queues the start addresses and the roots of their hosts.
func (f *Frontier) addStarts() {
	for _, u := range f.starts {
		kind, rank, score := pageKind(f.kinds, describe(u, ""))
		if kind == KindOther || isRoot(u) {
			kind, rank, score = KindHome, -1, 0
		}
		notice, sure := f.bookNotice(u, u, fromStart, evidence.Link{})
		f.queue(&candidate{url: u, start: true, kind: kind, kindRank: rank, kindScore: score, notice: notice, noticeScore: sure})
	}
	for _, u := range f.starts {
		root := &url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/"}
		f.queue(&candidate{url: root, depth: 1, kind: KindHome, kindRank: -1})
	}
}

func isRoot(u *url.URL) bool {
	p := strings.Trim(u.Path, "/")
	return p == "" || pathLanguage(u) != "" && !strings.Contains(p, "/") || indexPages[strings.ToLower(p)]
}

// queue adds a candidate unless its page is known or a bound is reached. The
// caller holds the lock or owns f alone.
func (f *Frontier) queue(c *candidate) bool {
	c.key = keyOf(c.url)
	if f.known[c.key] {
		return false
	}
	c.host, c.shape, c.folder, c.dated, c.paged = c.url.Hostname(), shapeOf(c.url), folderOf(c.url), dated(c.url), paged(c.url)
	for _, s := range f.starts {
		c.main = c.main || s.Host == c.url.Host
	}
	if !c.start && c.notice == "" && !f.room(c) {
		return false
	}
	f.known[c.key] = true
	if c.folder != "" && len(f.counts.children[c.folder]) <= maxChildren {
		if f.counts.children[c.folder] == nil {
			f.counts.children[c.folder] = map[string]bool{}
		}
		f.counts.children[c.folder][path.Base(c.url.Path)] = true
	}
	f.order++
	c.order = f.order
	f.byKey[c.key] = c
	f.pending = append(f.pending, c)
	return true
}

// room applies the bounds on how many addresses wait, and counts the new one.
func (f *Frontier) room(c *candidate) bool {
	if len(f.known) >= f.o.MaxKnown {
		f.gaps.bound("addresses beyond the number that is remembered", c.url.String(), 1)
		return false
	}
	place := c.url.Host + c.url.Path
	if c.url.RawQuery != "" && f.counts.queries[place] >= maxQueries {
		f.known[c.key] = true
		f.gaps.bound("further queries of a path with 5 of them", c.url.String(), 1)
		return false
	}
	crowd := c.shape
	if c.folder != "" && len(f.counts.children[c.folder]) > maxChildren {
		crowd = c.folder
	}
	if f.counts.queued[crowd] >= maxQueued {
		f.known[c.key] = true
		f.counts.crowded++
		return false
	}
	f.counts.queued[crowd]++
	if c.url.RawQuery != "" {
		f.counts.queries[place]++
	}
	return true
}

// addLink takes one link. The caller holds the lock.
func (f *Frontier) addLink(base *url.URL, from string, depth int, l evidence.Link) {
	u, err := parse(base, l.URL)
	if err != nil {
		if err == errLong {
			f.gaps.bound("addresses of more than 2,000 bytes", base.String(), 1)
		}
		return
	}
	if changesSomething(u, l.Text) || !isPage(u) && !isPDF(u) {
		return
	}
	notice, score := f.bookNotice(base, u, from, l)
	if !f.inScope(u) || isPDF(u) || notice == "" && depth > f.o.Depth {
		return
	}
	if reason := trapped(u, f.o.Now().Year()); reason != "" {
		f.gaps.trap(reason, u.String())
		return
	}
	kind, rank, sure := pageKind(f.kinds, describe(u, l.Text))
	if c := f.byKey[keyOf(u)]; c != nil {
		if sure > c.kindScore && c.kind != KindHome {
			c.kind, c.kindRank, c.kindScore = kind, rank, sure
		}
		if score > c.noticeScore {
			c.notice, c.noticeScore = notice, score
		}
		return
	}
	f.queue(&candidate{url: u, depth: depth, from: from, kind: kind, kindRank: rank, kindScore: sure, notice: notice, noticeScore: score})
}

// bookNotice records a link that may lead to a notice, under each kind that it
// may be, and returns the likeliest. One on another site needs a higher
// score.
func (f *Frontier) bookNotice(base, u *url.URL, from string, l evidence.Link) (kind string, score int) {
	if from == fromSitemap || from == fromWellKnown {
		base = f.starts[0]
	}
	off := !f.inScope(u)
	for _, k := range f.scorer.score(base, u, l.Text, l.Region, l.Rel) {
		if off && k.score < offSiteNotice {
			continue
		}
		n := Notice{URL: u.String(), Kind: k.kind, Score: k.score, OffSite: off, PDF: isPDF(u)}
		if slices.ContainsFunc(f.starts, func(s *url.URL) bool { return keyOf(s) == keyOf(u) }) && keyOf(base) == keyOf(u) {
			n.Score += selfNotice // for the order of notices only: the others are looked at all the same
		}
		link := evidence.DocLink{Page: from, Text: shorten(l.Text), Region: l.Region}
		if !f.notices.add(n, keyOf(u), link, f.order) {
			f.gaps.bound("candidates for one kind of notice beyond 40", u.String(), 1)
		}
		if k.score > score {
			kind, score = k.kind, k.score
		}
	}
	return kind, score
}

func shorten(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 120 {
		return string(r[:120]) + "…"
	}
	return s
}
