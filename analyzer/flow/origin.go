package flow

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strings"

	"candor/crawler/evidence"
)

// Loader is the tag manager by which something came into the page: whoever
// configured its container decided that.
type Loader struct {
	Manager   string   `json:"manager"`   // vendor id
	Container string   `json:"container"` // "GTM-AB12CD"; "" when its address names none
	Scripts   []string `json:"scripts"`   // from the container's script to the one that sent or set something
}

// Bounds of the chains that are followed.
const (
	maxOrigins    = 20000 // different stacks
	maxScripts    = 20000 // scripts whose loading is known
	maxLoadedFrom = 8     // stacks that loaded one script
	maxFrames     = 8     // scripts of one stack
	maxChainUp    = 6     // loadings above one another
	maxLoaders    = 5     // of one flow, vendor or cookie
	maxFrom       = 50    // stacks of one flow, vendor or cookie
	maxSteps      = 5000  // scripts that are looked at for one flow, vendor or cookie
)

// origins remembers which scripts were on the stack when something was sent and
// when a script or frame was loaded, so that a chain can be followed up to the
// tag manager at its start once everything was read.
type origins struct {
	ids    map[string]int
	list   [][]string              // scripts of a stack, innermost first
	loads  map[string]map[int]bool // script or frame → stacks that loaded it
	tagged map[string]Loader       // script → the container that it is
	steps  int                     // left for the chains of one thing
	behind map[string]*party       // by address of a script
}

func newOrigins() origins {
	return origins{ids: map[string]int{}, loads: map[string]map[int]bool{}, tagged: map[string]Loader{}, behind: map[string]*party{}}
}

// of numbers the scripts of a stack; -1 when there are none.
func (o *origins) of(stack []evidence.StackFrame, last string) int {
	var scripts []string
	for _, f := range stack {
		if f.URL != "" && len(scripts) < maxFrames && !slices.Contains(scripts, f.URL) {
			scripts = append(scripts, f.URL)
		}
	}
	if last != "" && !slices.Contains(scripts, last) {
		scripts = append(scripts, last)
	}
	if len(scripts) == 0 {
		return -1
	}
	key := strings.Join(scripts, "\n")
	n, ok := o.ids[key]
	if !ok {
		if n = len(o.list); n >= maxOrigins {
			return -1
		}
		o.ids[key] = n
		o.list = append(o.list, scripts)
	}
	return n
}

// sent numbers the stack of a request, and remembers it when the request loads a
// script or a frame. What a parser asks for was asked for by its document.
func (o *origins) sent(r *evidence.Request) int {
	n := o.of(r.Initiator.Stack, r.Initiator.URL)
	if n < 0 || r.Type != "Script" && (r.Type != "Document" || r.MainFrame) {
		return n
	}
	from := o.loads[r.URL]
	if from == nil {
		if len(o.loads) >= maxScripts {
			return n
		}
		from = map[int]bool{}
		o.loads[r.URL] = from
	}
	if len(from) < maxLoadedFrom {
		from[n] = true
	}
	return n
}

// addOrigin notes a stack among those of something.
func addOrigin(from map[int]bool, n int) map[int]bool {
	if n < 0 || len(from) >= maxFrom {
		return from
	}
	if from == nil {
		from = map[int]bool{}
	}
	from[n] = true
	return from
}

// container says which container a script is; it has no scripts when it is none.
func (b *builder) container(script string) Loader {
	o := &b.origins
	l, ok := o.tagged[script]
	if ok {
		return l
	}
	if u, err := url.Parse(script); err == nil && u.Host != "" {
		if v, id := b.parties.set.ContainerFor(u); v != nil {
			l = Loader{Manager: v.ID, Container: id, Scripts: []string{script}}
		} else if w := b.parties.at(hostOf(script), pathOf(u)); w.vendor != nil && slices.Contains(w.vendor.Categories, "tag_manager") && strings.HasSuffix(u.Path, ".js") {
			l = Loader{Manager: w.id, Scripts: []string{script}}
		}
	}
	o.tagged[script] = l
	return l
}

// loaders follows stacks up to the containers at their start.
func (b *builder) loaders(from map[int]bool) []Loader {
	found := map[[2]string]Loader{}
	b.origins.steps = maxSteps
	for _, n := range slices.Sorted(maps.Keys(from)) {
		b.climb(n, nil, 0, found)
	}
	out := make([]Loader, 0, len(found))
	for _, l := range found {
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b Loader) int {
		return cmp.Or(strings.Compare(a.Manager, b.Manager), strings.Compare(a.Container, b.Container))
	})
	return out[:min(len(out), maxLoaders)]
}

// climb looks for containers among the scripts of a stack, and above them; path
// is what lies below. It reports whether one was found.
func (b *builder) climb(n int, path []string, depth int, found map[[2]string]Loader) bool {
	any := false
	for i, script := range b.origins.list[n] {
		if slices.Contains(path, script) {
			continue
		}
		if b.origins.steps--; b.origins.steps < 0 {
			return any
		}
		below := append(slices.Clone(b.origins.list[n][:i]), path...)
		if b.above(script, below, depth, found) {
			any = true
		}
	}
	return any
}

func (b *builder) above(script string, below []string, depth int, found map[[2]string]Loader) bool {
	higher := false
	if depth < maxChainUp {
		path := append([]string{script}, below...)
		for _, n := range slices.Sorted(maps.Keys(b.origins.loads[script])) {
			if b.climb(n, path, depth+1, found) {
				higher = true
			}
		}
	}
	l := b.container(script)
	if higher || l.Scripts == nil {
		return higher
	}
	chain := []string{script}
	for _, s := range slices.Backward(below) {
		if !slices.Contains(chain, s) {
			chain = append(chain, s)
		}
	}
	return b.keepLoader(l, chain, found)
}

// keepLoader keeps the shortest chain of a container that shows what it loaded.
func (b *builder) keepLoader(l Loader, chain []string, found map[[2]string]Loader) bool {
	key := [2]string{l.Manager, l.Container}
	old, ok := found[key]
	length := func(chain []string) int {
		if len(chain) == 1 {
			return maxChainUp * maxFrames
		}
		return len(chain)
	}
	if !ok || cmp.Or(cmp.Compare(length(chain), length(old.Scripts)), slices.Compare(chain, old.Scripts)) < 0 {
		l.Scripts = chain
		found[key] = l
	}
	return true
}

// script returns who is behind the address of a script, nil when it has no host.
// Stacks name the same few scripts again and again.
func (b *builder) script(address string) *party {
	o := &b.origins
	w, ok := o.behind[address]
	if ok {
		return w
	}
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		w = b.parties.at(hostOf(address), pathOf(u))
	}
	if len(o.behind) < maxScripts {
		o.behind[strings.Clone(address)] = w
	}
	return w
}

// wrappers are categories of vendors whose scripts stand on stacks because they
// wrap what the browser offers: they send nothing of their own there.
var wrappers = []string{"error_monitoring", "performance", "bot_defence", "consent"}

// responsible returns the script that sent something to a party: of the whole
// stack the innermost one of that party itself, else the innermost that is no
// wrapper, else the innermost.
func (b *builder) responsible(r *evidence.Request, to *party) string {
	first, own := "", ""
	for _, f := range r.Initiator.Stack {
		if f.URL == "" {
			continue
		}
		if first == "" {
			first = f.URL
		}
		w := b.script(f.URL)
		if w == nil {
			continue
		}
		if w.id == to.id {
			return f.URL
		}
		if own == "" && !w.wraps() {
			own = f.URL
		}
	}
	switch {
	case own != "":
		return own
	case first != "":
		return first
	case r.Initiator.Type == "script":
		return r.Initiator.URL
	}
	return ""
}

// wraps reports whether a party's scripts only wrap or deliver.
func (p *party) wraps() bool {
	return p.plain || p.vendor != nil && len(p.vendor.Categories) > 0 && !slices.ContainsFunc(p.vendor.Categories, func(c string) bool { return !slices.Contains(wrappers, c) })
}

// writer returns the address of what wrote a cookie or key: of a script's whole
// stack the innermost that neither wraps nor delivers code of others, such as a
// cookie library from a delivery network.
func (b *builder) writer(s *evidence.Setter) string {
	if s.Kind != "script" {
		return s.URL
	}
	for _, f := range s.Initiators {
		if w := b.script(f.URL); w != nil && !w.wraps() {
			return f.URL
		}
	}
	return s.URL
}

// settled says who set a cookie, and which tag manager loaded what did.
func (b *builder) settled(s *evidence.Setter) (vendor, party string, by []Loader) {
	address := b.writer(s)
	if w := b.script(address); w != nil {
		r := w.recipient()
		vendor, party = r.Vendor, r.Party
	}
	return vendor, party, b.loaders(addOrigin(nil, b.origins.of(s.Initiators, s.URL)))
}
