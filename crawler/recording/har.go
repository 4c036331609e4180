package recording

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// HAR 1.2, http://www.softwareishard.com/blog/har-12-spec/, with the further
// fields of Chrome and Chromium (_initiator, _resourceType, _webSocketMessages,
// _fromCache), Safari (_fetchType) and chrome-har, which Website Evidence
// Collector and Blacklight collector use (_initiator_detail). Firefox adds none
// that matter here.

type harNamed struct {
	Name    text `json:"name"`
	Version text `json:"version"`
}

type harPage struct {
	ID      text `json:"id"`
	Title   text `json:"title"`
	Started text `json:"startedDateTime"`
}

type harEntry struct {
	Pageref   text            `json:"pageref"`
	Started   text            `json:"startedDateTime"`
	Time      number          `json:"time"`
	Request   *harRequest     `json:"request"`
	Response  harResponse     `json:"response"`
	Cache     harCache        `json:"cache"`
	ServerIP  text            `json:"serverIPAddress"`
	FromCache truth           `json:"_fromCache"`
	FetchType text            `json:"_fetchType"`
	Type      text            `json:"_resourceType"`
	Initiator json.RawMessage `json:"_initiator"`
	Detail    text            `json:"_initiator_detail"`
	Messages  many[harFrame]  `json:"_webSocketMessages"`
}

type harCache struct {
	After json.RawMessage `json:"afterRequest"`
}

type harRequest struct {
	Method      text            `json:"method"`
	URL         string          `json:"url"`
	HTTPVersion text            `json:"httpVersion"`
	Headers     many[harPair]   `json:"headers"`
	Cookies     many[harCookie] `json:"cookies"`
	Post        *harPost        `json:"postData"`
	BodySize    number          `json:"bodySize"`
}

type harPair struct {
	Name  text `json:"name"`
	Value text `json:"value"`
}

type harCookie struct {
	Name     text  `json:"name"`
	Value    text  `json:"value"`
	Path     text  `json:"path"`
	Domain   text  `json:"domain"`
	Expires  text  `json:"expires"`
	HTTPOnly truth `json:"httpOnly"`
	Secure   truth `json:"secure"`
	SameSite text  `json:"sameSite"`
}

type harPost struct {
	MIMEType text           `json:"mimeType"`
	Text     text           `json:"text"`
	Encoding text           `json:"encoding"`
	Params   many[harParam] `json:"params"`
}

type harParam struct {
	Name     text `json:"name"`
	Value    text `json:"value"`
	FileName text `json:"fileName"`
}

type harResponse struct {
	Status        number          `json:"status"`
	HTTPVersion   text            `json:"httpVersion"`
	Headers       many[harPair]   `json:"headers"`
	Cookies       many[harCookie] `json:"cookies"`
	Content       harContent      `json:"content"`
	RedirectURL   text            `json:"redirectURL"`
	HeadersSize   number          `json:"headersSize"`
	BodySize      number          `json:"bodySize"`
	TransferSize  number          `json:"_transferSize"`
	Error         text            `json:"_error"`
	ServiceWorker truth           `json:"_fetchedViaServiceWorker"`
	ByWorker      truth           `json:"fromServiceWorker"` // chrome-har
	Disk          truth           `json:"fromDiskCache"`     // chrome-har
}

type harContent struct {
	Size     number          `json:"size"`
	MIMEType text            `json:"mimeType"`
	Text     json.RawMessage `json:"text"` // decoded for documents only
	Encoding text            `json:"encoding"`
}

type harFrame struct {
	Type   text   `json:"type"`
	Time   number `json:"time"`
	Opcode number `json:"opcode"`
	Data   text   `json:"data"`
}

// archive is a HAR file while it is read.
type archive struct {
	*reader
	version, creator, browser string
	isFirefox                 bool
	pages                     []harPage
	entries                   []*hop
	hasEntries                bool
	cookies                   bool // some cookie is in it
	extension, blocked        int  // requests of extensions, and those that the browser held back
	unreadable                int  // bodies that are packed
	lost                      int  // entries that could not be used
	badPages                  int
	bodies                    int // bytes of documents' bodies
}

// har reads a HAR file. One that ends early keeps what came before.
func (r *reader) har(s *stream) error {
	a := &archive{reader: r}
	err := s.members(func(name string) error {
		if name != "log" {
			return s.skip()
		}
		return a.log(s)
	})
	if err := a.broken(err); err != nil {
		return err
	}
	if !a.hasEntries {
		return fmt.Errorf("%w: log.entries is not there: expected the list of requests of a HAR 1.2 file", ErrFormat)
	}
	if len(a.entries) == 0 {
		if a.lost > 0 {
			return fmt.Errorf("%w: none of its %d entries can be used: %s: %s", ErrFormat, a.lost, r.gaps[0].What, r.gaps[0].Why)
		}
		return fmt.Errorf("%w: log.entries holds no request that left the browser", ErrFormat)
	}
	return a.arrange()
}

// broken tells faults that end a file early from those that keep it from being
// read at all.
func (a *archive) broken(err error) error {
	var wrong *syntaxError
	switch {
	case err == nil:
		return nil
	case !errors.Is(err, errEnds) && !errors.Is(err, errDeep) && !errors.As(err, &wrong):
		return fmt.Errorf("read recording: %w", err)
	case len(a.entries) == 0:
		return fmt.Errorf("%w: %w", ErrFormat, err)
	}
	what := fmt.Sprintf("the file could be read up to entry %d of log.entries only", len(a.entries)+a.lost+a.skipped+a.extension)
	a.Stopped = what + ": " + err.Error()
	a.gap("other", "the rest of the file", a.Stopped)
	a.partly("requests", "requests after the fault", what)
	return nil
}

func (a *archive) log(s *stream) error {
	return s.members(func(name string) error {
		switch name {
		case "version":
			var v text
			return a.part(s, "log.version", &v, func() { a.version = bounded(string(v), 20) })
		case "creator":
			var v harNamed
			return a.part(s, "log.creator", &v, func() { a.creator = v.words(); a.isFirefox = v.Name == "Firefox" })
		case "browser":
			var v harNamed
			return a.part(s, "log.browser", &v, func() { a.browser = v.words() })
		case "pages":
			return a.list(s, "log.pages", a.page)
		case "entries":
			a.hasEntries = true
			return a.list(s, "log.entries", a.entry)
		}
		return s.skip()
	})
}

func (n harNamed) words() string {
	name, version := bounded(string(n.Name), 60), bounded(string(n.Version), 60)
	if name == "" || version == "" {
		return name + version
	}
	return name + " " + version
}

// part reads one value. A fault in it is told of and nothing more.
func (a *archive) part(s *stream, where string, v any, then func()) error {
	raw, err := s.value()
	if errors.Is(err, errLarge) {
		a.gap("other", where, err.Error())
		return nil
	}
	if err != nil {
		return err
	}
	if fault := decode(raw, v); fault != "" {
		a.gap("other", where, fault)
	}
	then()
	return nil
}

// list reads a list, one element at a time.
func (a *archive) list(s *stream, where string, take func(n int, raw []byte)) error {
	if b, err := s.peek(); err != nil {
		return err
	} else if b != '[' {
		a.gap("other", where, "expected a list")
		return s.skip()
	}
	return s.elements(func(n int) error {
		if n > maxEntries {
			if n == maxEntries+1 {
				a.gap("bound", "further elements of "+where, fmt.Sprintf("only the first %d were read", maxEntries))
				a.partly("requests", "requests beyond the bound", fmt.Sprintf("only the first %d elements of %s were read", maxEntries, where))
			}
			return s.skip()
		}
		raw, err := s.value()
		if errors.Is(err, errLarge) {
			a.lost++
			a.fault(where, n, "expected at most "+fmt.Sprint(maxValue>>20)+" MB, and it is larger")
			return nil
		}
		if err != nil {
			return err
		}
		a.cut += s.cut
		take(n, raw)
		return nil
	})
}

func (a *archive) page(n int, raw []byte) {
	var p harPage
	if fault := decode(raw, &p); fault != "" || p.ID == "" {
		if fault == "" {
			fault = "id: expected a text that entries refer to"
		}
		if a.badPages++; a.badPages <= maxFaults {
			a.gap("other", fmt.Sprintf("entry %d of log.pages", n), fault)
		}
		if p.ID == "" {
			return
		}
	}
	if len(a.pages) < maxPages {
		a.pages = append(a.pages, p)
	}
}

// entry takes one entry. What can be used is kept, also when a field that says
// less has a fault.
func (a *archive) entry(n int, raw []byte) {
	var e harEntry
	fault := decode(raw, &e)
	if e.Request == nil {
		if fault == "" {
			fault = "request: expected an object"
		}
		a.lost++
		a.fault("log.entries", n, fault)
		return
	}
	if e.Request.URL == "" && fault == "" {
		fault = "request.url: expected an absolute http(s) URL, found nothing"
	}
	if e.Request.URL != "" {
		switch why := address(e.Request.URL); {
		case why == inner:
			a.skipped++
			return
		case why != "":
			a.lost++
			a.fault("log.entries", n, "request.url: "+why)
			return
		}
	} else {
		a.lost++
		a.fault("log.entries", n, fault)
		return
	}
	started, ok := moment(string(e.Started))
	if !ok {
		if fault == "" {
			fault = fmt.Sprintf("startedDateTime: expected a time such as 2026-11-24T08:15:00.000Z, found %q; it is taken to follow the entry before it", bounded(string(e.Started), 40))
		}
		started = a.lastTime()
	}
	if fault != "" {
		a.fault("log.entries", n, fault)
	}
	if a.ofExtension(&e) {
		a.extension++
		return
	}
	a.entries = append(a.entries, a.hop(&e, n, started))
}

func (a *archive) lastTime() time.Time {
	if n := len(a.entries); n > 0 {
		return a.entries[n-1].started
	}
	return time.Time{}
}
