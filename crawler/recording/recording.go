package recording

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"candor/crawler/evidence"
	"candor/crawler/frontier"
)

// Bounds of a file and of what is taken from it. What is beyond is a gap.
const (
	maxFile     = 512 << 20 // bytes of a HAR file
	maxSmall    = 128 << 20
	maxEntries  = 100_000
	maxPages    = 1_000
	maxFaults   = 50 // entries that are told of one by one
	maxCookies  = 20_000
	maxStored   = 20_000
	maxNotices  = 24
	maxFrames   = 20
	maxNotice   = 16 << 20 // bytes of a notice
	maxPostData = 64 << 10
	maxURL      = 8 << 10
	maxStack    = 30
	maxMessages = 100
	maxMessage  = 4 << 10
	maxLinks    = 200
	maxMixed    = 50
	maxBodies   = 128 << 20 // bytes of all documents' bodies
	maxLines    = 100       // Set-Cookie lines of one answer
	maxHeaders  = 60
)

// Options say what a file does not.
type Options struct {
	// URL is the site that is meant; "" is that of the first page. Pages of
	// other sites are left out.
	URL string
	// OwnDomains are further registrable domains of the organisation.
	OwnDomains []string
	// State is the consent state in which the recording was made; "" was not
	// said: it is GPC when every page was asked for with Sec-GPC, else none.
	State evidence.State
	// Notices are the words that tell links and pages of notices.
	Notices []frontier.KindWords
}

// ErrFormat says that a file is no recording that can be read.
var ErrFormat = errors.New("no recording that Candor reads")

// Recording is what a file tells, ready to be written as evidence.
type Recording struct {
	Import     evidence.Import
	URLs       []string // the start address
	State      evidence.State
	Browser    evidence.Browser
	Preset     []string // names of cookies that were set before the first page
	StartedAt  time.Time
	FinishedAt time.Time
	Stopped    string // why the recording is not whole: the file ends early

	visits  []*visit
	notices []notice
	named   int // of the notices, those that the person named
	gaps    []evidence.Gap
	pointer string // where the site links to its privacy policy, which the recording does not hold
}

// visit is a page with what was seen on it.
type visit struct {
	page     evidence.Page
	requests []evidence.Request
	cookies  []evidence.Cookie
	storage  []evidence.StorageItem
	forms    []evidence.Form
	canaries []evidence.Canary
	gaps     []evidence.Gap
}

// notice is a document with its bytes.
type notice struct {
	doc    evidence.Document
	raw    []byte
	frames []frameText
}

type frameText struct {
	url  string
	html []byte
}

// Read reads a file. It returns ErrFormat, wrapped with a sentence, when it is
// no recording, or one of which nothing can be used. Other errors are those of
// reading and of ctx.
func Read(ctx context.Context, file string, o Options) (*Recording, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("read recording: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read recording: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: %s is no file", ErrFormat, file)
	}
	return read(ctx, f, filepath.Base(file), o)
}

// read is Read on what is open. The text is read twice: to tell the format, and
// to take it.
func read(ctx context.Context, f io.ReadSeeker, name string, o Options) (*Recording, error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, fmt.Errorf("read recording: %w", err)
	}
	if size > maxFile {
		return nil, fmt.Errorf("%w: the file has %d MB, and at most %d MB are read", ErrFormat, size>>20, maxFile>>20)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read recording: %w", err)
	}
	kind, err := detect(newStream(&patient{ctx, f}))
	if err != nil {
		return nil, cmp.Or(ctx.Err(), err)
	}
	if size > maxSmall && kind != harFormat {
		return nil, fmt.Errorf("%w: a file of %s has %d MB, and at most %d MB are read", ErrFormat, kind, size>>20, maxSmall>>20)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read recording: %w", err)
	}
	hash := sha256.New()
	s := newStream(io.TeeReader(&patient{ctx, f}, hash))
	r := &reader{options: o, scorer: frontier.NewScorer(o.Notices), Recording: &Recording{State: o.State}}
	r.Import = evidence.Import{Format: string(kind), File: name, Bytes: size, Missing: []string{}, Partial: []string{}}
	if err := r.take(kind, s); err != nil {
		return nil, cmp.Or(ctx.Err(), err)
	}
	if _, err := io.Copy(io.Discard, s.r); err != nil {
		return nil, fmt.Errorf("read recording: %w", err)
	}
	r.Import.SHA256 = hex.EncodeToString(hash.Sum(nil))
	r.finish()
	return r.Recording, nil
}

func (r *reader) take(kind format, s *stream) error {
	switch kind {
	case harFormat:
		return r.har(s)
	case wecFormat:
		return r.wec(s)
	case blacklightFormat:
		return r.blacklight(s)
	}
	return r.radar(s)
}

// patient ends reading when ctx does.
type patient struct {
	ctx context.Context
	r   io.Reader
}

func (p *patient) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	return p.r.Read(b)
}

// reader fills a Recording.
type reader struct {
	*Recording
	options Options
	scorer  *frontier.Scorer
	faulty  int // entries that were told of or left out
	cut     int // values that were longer than their bounds
	skipped int // requests that never left the browser
}

// fault tells of one entry. Its number is counted from 1.
func (r *reader) fault(list string, n int, what string) {
	if r.faulty++; r.faulty <= maxFaults {
		r.gap("other", fmt.Sprintf("entry %d of %s", n, list), bounded(what, 300))
	}
}

func (r *reader) gap(kind, what, why string) {
	r.gaps = append(r.gaps, evidence.Gap{What: what, Why: why, Kind: kind})
}

// cannot tells of a kind of evidence that the recording does not hold.
func (r *reader) cannot(kind, what, why string) {
	r.Import.Missing = append(r.Import.Missing, kind)
	r.gap("format", what, why)
}

// partly tells of a kind of evidence of which it holds a part.
func (r *reader) partly(kind, what, why string) {
	if !slices.Contains(r.Import.Partial, kind) {
		r.Import.Partial = append(r.Import.Partial, kind)
	}
	r.gap("format", what, why)
}

// short cuts a text and counts that it was.
func (r *reader) short(s string, n int) string {
	if len(s) > n {
		r.cut++
	}
	return bounded(s, n)
}

// others are kinds of evidence that no format holds, since they come of what
// Candor does to a page or asks the browser.
var others = []struct{ kind, what, why string }{
	{"calls", "what scripts called", "the file does not tell it: fingerprinting, session recording and keystroke capture are not looked for"},
	{"canaries", "made-up values in forms", "none were typed by Candor, so that what leaves before a submit is not looked for"},
	{"choices", "choices in a consent banner", "the file does not tell which were offered and made"},
	{"dns", "other names of the site's hosts", "DNS was not asked, so that trackers behind a name of the site's own are not looked for"},
}

// finish numbers what was found and tells of what was counted.
func (r *reader) finish() {
	for _, o := range others {
		r.cannot(o.kind, o.what, o.why)
	}
	if more := r.faulty - maxFaults; more > 0 {
		r.gap("bound", "further entries", count(more, "more entry had a fault", "more entries had faults")+" like those above")
	}
	if r.cut > 0 {
		r.gap("bound", "long values", count(r.cut, "value was longer than what is kept of one, and was", "values were longer than what is kept of one, and were")+" cut")
	}
	ids := map[string]string{} // as the file's reader gave them → of the evidence
	for i, v := range r.visits {
		v.page.ID, v.page.State = fmt.Sprintf("p%04d.%s", i+1, r.State), r.State
		v.page.Requests = len(v.requests)
		v.number(ids)
	}
	for _, v := range r.visits {
		for i := range v.cookies {
			s := &v.cookies[i].SetBy
			s.Request = ids[s.Request]
		}
	}
	slices.Sort(r.Import.Missing)
	slices.Sort(r.Import.Partial)
}

// number gives a page's records their ids and its state.
func (v *visit) number(ids map[string]string) {
	id, state := v.page.ID, v.page.State
	for i := range v.requests {
		q := &v.requests[i]
		old := q.ID
		q.ID, q.Page, q.State = fmt.Sprintf("%s/r%04d", id, i+1), id, state
		if chain := ids[q.Chain]; q.Hop > 0 && chain != "" {
			q.Chain = chain
		} else {
			q.Hop, q.Chain = 0, q.ID
		}
		if old != "" {
			ids[old] = q.ID
		}
	}
	for i := range v.cookies {
		v.cookies[i].Page, v.cookies[i].State = id, state
	}
	for i := range v.storage {
		v.storage[i].Page, v.storage[i].State = id, state
	}
	for i := range v.canaries {
		v.canaries[i].Page, v.canaries[i].State = id, state
	}
	for i := range v.forms {
		v.forms[i].ID, v.forms[i].Page, v.forms[i].State = fmt.Sprintf("%s/f%02d", id, i+1), id, state
	}
}

// AddNotice adds a notice that the person named. It goes before those of the
// recording.
func (r *Recording) AddNotice(d evidence.Document, raw []byte) {
	r.notices = slices.Insert(r.notices, r.named, notice{doc: d, raw: raw})
	r.named++
}

// Describe fills in what the recording says of itself.
func (r *Recording) Describe(m *evidence.Meta) {
	i := r.Import
	if len(r.notices) == 0 {
		i.Missing = append(slices.Clone(i.Missing), "notices")
		slices.Sort(i.Missing)
	}
	m.Import, m.URLs, m.States, m.Browser, m.StartedAt = &i, r.URLs, []evidence.State{r.State}, r.Browser, r.StartedAt
	m.Options.PresetCookies = r.Preset
}

// Write writes the evidence. The caller creates the bundle and closes it.
func (r *Recording) Write(w *evidence.Writer) error {
	for _, v := range r.visits {
		if err := w.AddCanaries(v.canaries...); err != nil {
			return err
		}
		if err := w.AddPage(v.page, v.requests, v.cookies, v.storage, v.forms, v.gaps); err != nil {
			return err
		}
	}
	for i, n := range r.notices {
		if err := n.write(w, i+1, r.visits); err != nil {
			return err
		}
	}
	gaps := r.gaps
	if len(r.notices) == 0 {
		gaps = append(slices.Clone(gaps), evidence.Gap{What: "privacy policy", Why: r.noNotice(), Kind: "policy"})
	}
	return w.AddGap(gaps...)
}

func (r *Recording) noNotice() string {
	if r.pointer != "" {
		return fmt.Sprintf("no notice was given and the recording holds none; the site links to %s: --policy names it", r.pointer)
	}
	return "no notice was given with --policy, and the recording holds none"
}

func (n notice) write(w *evidence.Writer, number int, visits []*visit) error {
	d := n.doc
	d.ID = fmt.Sprintf("d%02d", number)
	for _, v := range visits {
		if v.page.FinalURL == d.FinalURL {
			d.Page = v.page.ID
			break
		}
	}
	stem := "documents/" + d.ID
	var err error
	d.Raw = stem + ".raw"
	if d.RawSHA256, err = w.AddBlob(d.Raw, n.raw); err != nil {
		return err
	}
	for i, f := range n.frames {
		name := fmt.Sprintf("%s.frame%d.html", stem, i+1)
		if _, err := w.AddBlob(name, f.html); err != nil {
			return err
		}
		d.Frames = append(d.Frames, evidence.DocFrame{URL: f.url, DOM: name})
	}
	return w.AddDocument(d)
}

// count writes a number with its word.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// host returns the lower-case host of an absolute http, https, ws or wss
// address, "" of anything else.
func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return hostOf(u)
}

func hostOf(u *url.URL) string {
	switch u.Scheme {
	case "http", "https", "ws", "wss":
		return lowerHost(u.Hostname())
	}
	return ""
}
