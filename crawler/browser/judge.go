package browser

import (
	"fmt"
	"strings"

	"candor/crawler/evidence"
)

// failures are the network errors that have a sentence of their own.
var failures = []struct{ code, kind, sentence string }{
	{"ERR_NAME_NOT_RESOLVED", "dns", "the host name does not resolve"},
	{"ERR_NAME_RESOLUTION_FAILED", "dns", "the host name does not resolve"},
	{"ERR_CONNECTION_REFUSED", "refused", "the server refused the connection"},
	{"ERR_CONNECTION_RESET", "refused", "the server closed the connection"},
	{"ERR_CONNECTION_CLOSED", "refused", "the server closed the connection"},
	{"ERR_EMPTY_RESPONSE", "refused", "the server closed the connection without an answer"},
	{"ERR_ADDRESS_UNREACHABLE", "refused", "the server cannot be reached"},
	{"ERR_INTERNET_DISCONNECTED", "refused", "there is no network"},
	{"ERR_PROXY_CONNECTION_FAILED", "refused", "the proxy cannot be reached"},
	{"ERR_TUNNEL_CONNECTION_FAILED", "refused", "the proxy refused the connection"},
	{"ERR_TIMED_OUT", "timeout", "the server did not answer in time"},
	{"ERR_CONNECTION_TIMED_OUT", "timeout", "the server did not answer in time"},
	{"ERR_TOO_MANY_REDIRECTS", "redirect_loop", "the address redirects without end"},
	{"ERR_SSL", "certificate", "the secure connection failed"},
	{"ERR_CERT_DATE_INVALID", "certificate", "the certificate has expired or is not valid yet (--insecure accepts it)"},
	{"ERR_CERT_AUTHORITY_INVALID", "certificate", "nobody that the browser trusts vouches for the certificate (--insecure accepts it)"},
	{"ERR_CERT_COMMON_NAME_INVALID", "certificate", "the certificate is another host's (--insecure accepts it)"},
	{"ERR_CERT", "certificate", "the certificate is not valid for this host (--insecure accepts it)"},
	{"ERR_BLOCKED_BY_RESPONSE", "other", "the response forbids to be shown"},
	{"ERR_INVALID_RESPONSE", "other", "the server's answer is not HTTP"},
	{"ERR_INVALID_HTTP_RESPONSE", "other", "the server's answer is not HTTP"},
	{"ERR_CONTENT_DECODING_FAILED", "other", "the body does not fit its content encoding"},
	{"ERR_ABORTED", "not_html", "the server sent no page: a download or no content"},
}

// ending is how a visit came to its end.
type ending struct {
	failure    string // network error of the navigation
	incomplete string // network error while the document came
	documents  int    // main documents that were loaded
	tooLarge   string // address of a response beyond its bound
	crashed    bool
}

// judge decides whether the visit failed and which gaps it leaves.
func judge(q Visit, p *evidence.Page, how ending, res *Result) {
	failure, documents, tooLarge := how.failure, how.documents, how.tooLarge
	gap := func(kind, why string) {
		res.Gaps = append(res.Gaps, evidence.Gap{What: "page " + q.URL, Why: why, Kind: kind, Page: q.ID, State: p.State})
	}
	fail := func(kind, why string) {
		p.Ended, p.Failure = "failed", why
		gap(kind, why)
	}
	switch {
	case failure != "" && p.Status >= 400:
		// Chromium shows a page of its own for a log-in or an empty body.
		fail("http_status", fmt.Sprintf("the server answered with status %d (%s)", p.Status, failure))
	case failure != "":
		kind, why := explain(failure)
		if kind == "not_html" && len(p.Downloads) == 0 && p.Status == 204 {
			why = "the server answered 204: no content"
		}
		if kind == "certificate" {
			p.Security = &evidence.Security{CertError: failure}
		}
		fail(kind, why)
	case how.crashed:
		fail("crash", "the page's process crashed; what was seen until then is recorded")
	case strings.HasPrefix(p.FinalURL, "chrome-error:"):
		fail("other", "the browser showed an error page")
	case p.Failure != "":
		fail("bot_wall", p.Failure)
	case p.Status >= 400:
		fail("http_status", fmt.Sprintf("the server answered with status %d", p.Status))
	case tooLarge != "":
		p.Ended = "budget"
		gap("too_large", fmt.Sprintf("%s sent more than this version loads (%d MB of a page, %d MB of anything else); loading was stopped", bounded(tooLarge, 200), maxDocument>>20, maxBody>>20))
	case documents > maxDocuments:
		p.Ended = "budget"
		gap("redirect_loop", fmt.Sprintf("the page loaded itself anew more than %d times; loading was stopped", maxDocuments))
	case how.incomplete != "":
		gap("other", "the document came incomplete ("+how.incomplete+")")
	case p.Ended == "budget":
		gap("timeout", "the page was still busy when its time was up; what was seen until then is recorded")
	}
	if p.FinalURL == "" || strings.HasPrefix(p.FinalURL, "chrome-error:") {
		p.FinalURL = ""
		if p.Ended != "failed" {
			fail("other", "no document was loaded")
		}
	}
}

// explain turns a network error into a kind and a sentence.
func explain(failure string) (kind, why string) {
	for _, f := range failures {
		if strings.Contains(failure, f.code) {
			return f.kind, f.sentence + " (" + failure + ")"
		}
	}
	return "other", "the page did not load (" + failure + ")"
}

// walls are titles and texts of pages that ask for a proof to be human. They
// are reported and never gone round.
var walls = []string{
	"just a moment", "attention required", "verify you are human", "are you a robot", "access denied", "pardon our interruption",
	"checking your browser", "security check", "human verification", "request unsuccessful. incapsula", "please verify",
}

func botWall(c *content) string {
	title := strings.ToLower(c.Title)
	for _, w := range walls {
		if strings.Contains(title, w) && c.Words < 300 {
			return fmt.Sprintf("a bot wall or CAPTCHA stood before the page (title %q); it is not gone round", bounded(c.Title, 80))
		}
	}
	if c.Markers && c.Words < 60 && len(c.Forms) <= 1 && len(c.Links) < 5 {
		return "a CAPTCHA stood before the page; it is not solved"
	}
	return ""
}
