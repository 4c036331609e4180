package recording

import (
	"slices"
	"strings"

	"candor/crawler/evidence"
	"candor/crawler/frontier"
)

// likely is the least score of a page that counts as a notice: its address
// alone names it.
const likely = 75

// noticeKind returns the kind of notice that a page of the site is by its
// address and title, "" when it is none.
func (r *reader) noticeKind(address, title string) string {
	base := ""
	if len(r.URLs) > 0 {
		base = r.URLs[0]
	}
	kind, _ := best(r.scorer.Scores(base, frontier.Candidate{URL: address, Text: title}))
	return kind
}

func best(scores map[string]int) (kind string, score int) {
	for k, s := range scores {
		if s > score || s == score && k < kind {
			kind, score = k, s
		}
	}
	if score < likely {
		return "", 0
	}
	return kind, score
}

// harNotices keeps the bodies of pages that are notices.
func (a *archive) harNotices(sheets []*sheet) {
	for i, s := range sheets {
		if s.final == nil || len(a.notices) >= maxNotices {
			continue
		}
		p := &a.visits[i].page
		kind := a.noticeKind(p.FinalURL, p.Title)
		if kind == "" || s.final.Status < 200 || s.final.Status > 299 || a.hasNotice(p.FinalURL) {
			continue
		}
		if len(s.final.body) == 0 {
			a.gap("policy", "notice "+p.FinalURL, "the recording holds the request for it and no body that can be read; --policy names it")
			continue
		}
		n := notice{raw: s.final.body, doc: evidence.Document{
			URL: p.URL, FinalURL: p.FinalURL, Kind: kind, Title: p.Title, MIMEType: p.MIMEType, Language: p.Language, Status: p.Status,
			FetchedAt: s.final.started, LastModified: s.final.modified, LinkedFrom: []evidence.DocLink{},
		}}
		if from := s.main.Headers["referer"]; host(from) != "" {
			n.doc.LinkedFrom = append(n.doc.LinkedFrom, evidence.DocLink{Page: from})
		}
		for _, h := range s.hops {
			if h.dest == "iframe" && strings.Contains(h.mime, "html") && len(h.body) > 0 && len(n.frames) < maxFrames {
				n.frames = append(n.frames, frameText{h.URL, h.body})
			}
		}
		a.notices = append(a.notices, n)
		a.gap("format", "notice "+p.FinalURL, "it is read as the server sent it: what scripts put on the page is not in the recording")
	}
}

func (r *reader) hasNotice(address string) bool {
	return slices.ContainsFunc(r.notices, func(n notice) bool { return frontier.Key(n.doc.FinalURL) == frontier.Key(address) })
}

// point finds the privacy policy that a page links to.
func (r *reader) point(links []evidence.Link) {
	most := 0
	for _, l := range links {
		kind, score := best(r.scorer.Scores(r.URLs[0], frontier.Candidate{URL: l.URL, Text: l.Text}))
		if kind == frontier.KindPrivacy && score > most {
			most, r.pointer = score, bounded(l.URL, 200)
		}
	}
}
