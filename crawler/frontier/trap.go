package frontier

import (
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Bounds against endless sites.
const (
	maxSegments   = 12  // of a path
	maxQueries    = 5   // different queries of one path
	maxQueued     = 60  // addresses of one shape that wait
	maxChildren   = 8   // names under one folder before they count as one shape
	maxDated      = 2   // visits of one shape that ends in a date, or that pages through a list
	maxPaged      = 2   // visits of one shape that may do so, while others wait
	yearsAhead    = 2   // of a date in an address
	yearsBack     = 30  //
	maxTrapString = 200 // of one path segment or query value
)

// notPages are extensions of what a browser does not show as a page.
var notPages = setOf(
	".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".svg", ".ico", ".bmp", ".tif", ".tiff", ".heic", ".psd", ".ai", ".eps",
	".css", ".js", ".mjs", ".map", ".json", ".xml", ".rss", ".atom", ".wasm", ".woff", ".woff2", ".ttf", ".otf", ".eot",
	".zip", ".gz", ".tgz", ".tar", ".bz2", ".xz", ".7z", ".rar", ".dmg", ".pkg", ".exe", ".msi", ".deb", ".rpm", ".apk", ".iso", ".jar", ".bin",
	".mp3", ".mp4", ".m4a", ".m4v", ".avi", ".mov", ".wmv", ".webm", ".ogg", ".ogv", ".wav", ".flac", ".mkv", ".m3u8", ".ts",
	".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx", ".odt", ".ods", ".odp", ".rtf", ".csv", ".epub", ".mobi", ".ics", ".vcf", ".torrent", ".txt")

// sideEffects are path segments, and names or values of parameters, of links
// that change something when they are followed.
var sideEffects = setOf(
	"logout", "log-out", "log_out", "logoff", "log-off", "signout", "sign-out", "sign_out", "signoff", "abmelden", "ausloggen", "deconnexion",
	"cerrar-sesion", "uitloggen", "wyloguj", "unsubscribe", "opt-out-confirm", "abbestellen", "desabonnement", "desinscription",
	"delete", "remove", "destroy", "loeschen", "supprimer", "eliminar", "add-to-cart", "addtocart", "add_to_cart", "add-to-basket", "addtobasket",
	"add-to-bag", "add_to_wishlist", "add-to-wishlist", "addtowishlist", "add-to-compare", "remove_item", "removeitem", "remove-from-cart",
	"buy-now", "buynow", "checkout-now", "place-order", "vote", "upvote", "downvote", "report-abuse", "flag-comment", "replytocom", "mark-as-read",
	"wp-logout", "end-session", "endsession", "revoke")

// sideEffectTexts are link texts of the same, in the languages of the sites
// that are scanned most.
var sideEffectTexts = setOf(
	"log out", "logout", "log off", "sign out", "signout", "unsubscribe", "delete", "remove", "delete account", "delete my account", "add to cart", "add to basket",
	"add to bag", "add to wishlist", "buy now", "place order", "abmelden", "ausloggen", "abbestellen", "löschen", "in den warenkorb",
	"déconnexion", "se déconnecter", "supprimer", "ajouter au panier", "se désabonner", "cerrar sesión", "eliminar", "añadir al carrito",
	"esci", "disconnetti", "aggiungi al carrello", "uitloggen", "afmelden", "in winkelwagen", "sair", "terminar sessão", "adicionar ao carrinho", "wyloguj")

// isPDF and isPage say what an address is likely to be, by its extension.
func isPDF(u *url.URL) bool { return strings.EqualFold(path.Ext(u.Path), ".pdf") }

func isPage(u *url.URL) bool {
	ext := strings.ToLower(path.Ext(u.Path))
	return ext != ".pdf" && !notPages[ext]
}

// changesSomething says whether following a link has a side effect, by whole
// segments and values only: "/blog/how-to-delete-cookies" is a page.
func changesSomething(u *url.URL, text string) bool {
	if sideEffectTexts[plainText(text)] {
		return true
	}
	segments := strings.Split(strings.ToLower(u.Path), "/")
	for i, s := range segments {
		if sideEffects[strings.TrimSuffix(s, path.Ext(s))] {
			return true
		}
		if s == "add" && i > 0 && (segments[i-1] == "cart" || segments[i-1] == "basket" || segments[i-1] == "wishlist" || segments[i-1] == "compare") {
			return true
		}
	}
	if u.RawQuery == "" {
		return false
	}
	for part := range strings.SplitSeq(strings.ToLower(u.RawQuery), "&") {
		name, value, _ := strings.Cut(part, "=")
		if sideEffects[name] {
			return true
		}
		switch name {
		case "action", "do", "op", "cmd", "task", "method", "_method", "act", "mode":
			if sideEffects[value] || value == "add" || value == "del" {
				return true
			}
		}
	}
	return false
}

var (
	datePath  = regexp.MustCompile(`/((?:19|20|21|22)\d\d)(?:[/-](\d{1,2}))?(?:[/-](\d{1,2}))?(?:/(?:day|week|month|list|today|map|photo)?)?$`)
	dateValue = regexp.MustCompile(`^((?:19|20|21|22)\d\d)(?:[-/.]?(\d{2}))?(?:[-/.]?(\d{2}))?$`)
	dateNames = setOf("date", "day", "month", "year", "week", "from", "to", "start", "end", "ical", "tribe-bar-date", "cal", "calendar", "ym", "d", "m", "y", "monat", "jahr", "tag", "mois", "fecha")
	pageNames = setOf("page", "p", "pg", "paged", "pageno", "page_no", "pagenum", "pagenumber", "page_num", "offset", "start", "from", "skip", "seite", "pagina", "cursor", "after", "before")
	pagePath  = regexp.MustCompile(`/(?:page|seite|pagina|pag)[/-]?\d+/?$`)
	pPath     = regexp.MustCompile(`/p[/-]?\d+/?$`)
	allDigits = regexp.MustCompile(`^\d+$`)
	idLike    = regexp.MustCompile(`^(?:[0-9a-f]{8}-[0-9a-f]{4}-.*|[0-9a-f]{12,}|[A-Za-z0-9_-]{20,})$`)
	datePart  = regexp.MustCompile(`^(?:19|20)\d\d-\d{1,2}(?:-\d{1,2})?$`)
)

// trapped says why an address belongs to a trap, or "".
func trapped(u *url.URL, year int) string {
	segments := strings.Split(strings.Trim(u.Path, "/"), "/")
	switch {
	case len(segments) > maxSegments:
		return "paths of more than 12 segments"
	case repeats(segments):
		return "paths that repeat themselves"
	case farDate(u, year):
		return "calendar pages far from today"
	}
	for _, s := range segments {
		if len(s) > maxTrapString {
			return "path segments of more than 200 bytes"
		}
	}
	return ""
}

// repeats finds a segment three times in a row, or a group of segments twice
// in a row: /a/b/a/b. "/news/news" is a page.
func repeats(s []string) bool {
	for i := 2; i < len(s); i++ {
		if s[i] == s[i-1] && s[i] == s[i-2] {
			return true
		}
	}
	for size := 2; size*2 <= len(s); size++ {
		for i := size; i+size <= len(s); i++ {
			if slices.Equal(s[i:i+size], s[i-size:i]) {
				return true
			}
		}
	}
	return false
}

// farDate finds calendar addresses of years that no page is about.
func farDate(u *url.URL, year int) bool {
	far := func(y string) bool {
		n, err := strconv.Atoi(y)
		return err == nil && (n > year+yearsAhead || n < year-yearsBack)
	}
	if m := datePath.FindStringSubmatch(u.Path); m != nil && m[2] != "" && far(m[1]) {
		return true
	}
	for name, value := range params(u) {
		if m := dateValue.FindStringSubmatch(value); m != nil && dateNames[name] && far(m[1]) {
			return true
		}
	}
	return false
}

// dated says whether an address is a page of a calendar or of a long list:
// such shapes go on for ever.
func dated(u *url.URL) bool {
	if m := datePath.FindStringSubmatch(u.Path); m != nil && m[2] != "" {
		return true
	}
	if pagePath.MatchString(u.Path) {
		return true
	}
	for name, value := range params(u) {
		if pageNames[name] && allDigits.MatchString(value) || dateNames[name] && dateValue.MatchString(value) {
			return true
		}
	}
	return false
}

// paged says whether an address may be a page of a list, or a product: "/p/7".
func paged(u *url.URL) bool { return pPath.MatchString(u.Path) }

// params yields the names, in lower case, and values of a query.
func params(u *url.URL) func(func(string, string) bool) {
	return func(yield func(string, string) bool) {
		if u.RawQuery == "" {
			return
		}
		for part := range strings.SplitSeq(u.RawQuery, "&") {
			name, value, _ := strings.Cut(part, "=")
			if decoded, err := url.QueryUnescape(value); err == nil {
				value = decoded
			}
			if !yield(strings.ToLower(name), value) {
				return
			}
		}
	}
}

// shapeOf is the pattern of an address: host, path with numbers, ids and slugs
// generalised, and the names of its parameters. "/p/red-running-shoes" and
// "/p/blue-winter-hats" have one shape.
func shapeOf(u *url.URL) string {
	var b strings.Builder
	b.WriteString(u.Host)
	for s := range strings.SplitSeq(strings.Trim(u.Path, "/"), "/") {
		b.WriteByte('/')
		b.WriteString(shapeOfSegment(s))
	}
	sep := byte('?')
	seen := map[string]bool{}
	for name := range params(u) {
		if seen[name] {
			continue
		}
		seen[name] = true
		b.WriteByte(sep)
		b.WriteString(name)
		sep = '&'
	}
	return b.String()
}

func shapeOfSegment(s string) string {
	ext := path.Ext(s)
	stem := strings.TrimSuffix(s, ext)
	if len(ext) > 6 {
		stem, ext = s, ""
	}
	switch {
	case stem == "":
		return s
	case allDigits.MatchString(stem):
		return "{n}" + ext
	case datePart.MatchString(stem):
		return "{date}" + ext
	case strings.Count(stem, "-")+strings.Count(stem, "_") >= 2:
		return "{slug}" + ext
	case idLike.MatchString(stem) || mixed(stem):
		return "{id}" + ext
	}
	return s
}

// mixed says whether a segment holds a number of three digits or more beside
// letters: "sku4711", "a-123".
func mixed(s string) bool {
	run, letters := 0, false
	long := false
	for _, r := range s {
		if r >= '0' && r <= '9' {
			if run++; run >= 3 {
				long = true
			}
			continue
		}
		run, letters = 0, true
	}
	return long && letters
}

// folderOf returns the host and path of the folder that holds the address, or
// "" for the top level, whose pages are all different.
func folderOf(u *url.URL) string {
	p := strings.TrimRight(u.Path, "/")
	i := strings.LastIndexByte(p, '/')
	if i <= 0 {
		return ""
	}
	return u.Host + p[:i]
}
