// Package frontier decides which page is visited next.
//
// It knows scope (the registrable domains of the start addresses and the
// organisation's own), robots.txt (RFC 9309), sitemaps, the politeness that
// each host is owed, and which links lead to notices. The budget goes to
// different kinds of page first: the start pages, the notices, one page of
// each kind that the words name, then one of each shape of address, then more
// of each. Links come from two sides: Seed fetches a few pages and sitemaps
// itself, and Done takes the links that a browser saw after scripts.
//
// Guarantees:
//   - no address is handed out twice, nor one that robots.txt refuses (while it
//     is respected), nor one outside the scope, nor one whose words say that
//     following it changes something ("log out", "delete", "add to cart");
//   - everything taken from outside is bounded in size, depth and count, and
//     what a bound or a refusal left out is told by Gaps;
//   - with one visit at a time the same answers give the same order. With
//     several, the order in which visits end decides when links become known;
//     ties never depend on it beyond that, and start pages always come first.
//
// Limits: links are followed, forms are never sent; fragments ("#!/page") are
// not pages. The frontier fetches nothing that needs scripts: what they add
// arrives through Done.
package frontier
