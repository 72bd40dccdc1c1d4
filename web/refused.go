package web

import (
	"fmt"
	"net/http"
	"strings"
)

// refusedPolicy lets the page have its style and its picture, which are those of the page that plays live streams.
const refusedPolicy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'self'; form-action 'none'"

// refusedPage has the language, the title, what is wrong, and what to do.
const refusedPage = `<!doctype html>
<html lang="%[1]s">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>%[2]s - Aircheck</title>
<link rel="icon" href="/play/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/play/play.css">
</head>
<body>
<header>
  <img src="/play/icon.svg" width="34" height="34" alt="Aircheck">
  <h1>%[2]s</h1>
</header>
<main>
  <div class="stage" data-state="error">
    <div class="veil">
      <div class="mark" aria-hidden="true"></div>
      <p class="headline">%[3]s</p>
      <p class="detail">%[4]s</p>
    </div>
  </div>
</main>
</body>
</html>
`

type refusal struct{ title, what, remedy string }

// refusalOf is what people read who opened the address of a recording that they may not have, or that is not there; false: nothing of its own.
func refusalOf(status int, chinese bool) (refusal, bool) {
	switch {
	case status == http.StatusForbidden && chinese:
		return refusal{"录制", "此链接已失效", "链接可能已过期或不完整，请向分享者索取新的链接。"}, true
	case status == http.StatusForbidden:
		return refusal{"Recording", "This link does not work any more", "It may have ended, or be incomplete. Ask whoever sent it for a new one."}, true
	case status == http.StatusNotFound && chinese:
		return refusal{"录制", "录制文件已不存在", "文件可能已被删除，或链接不完整，请联系分享者。"}, true
	case status == http.StatusNotFound:
		return refusal{"Recording", "This recording is not there any more", "It may have been deleted, or the link is incomplete. Ask whoever sent it."}, true
	}
	return refusal{}, false
}

// Refused answers whoever opened the address of a recording in a browser with a page, and reports whether it did: players and programs are told
// by their caller, and so is everybody of what is neither forbidden nor missing.
func Refused(w http.ResponseWriter, r *http.Request, status int) bool {
	language := "en"
	if strings.HasPrefix(strings.ToLower(r.Header.Get("Accept-Language")), "zh") {
		language = "zh"
	}
	h := w.Header()
	h.Add("Vary", "Accept, Accept-Language")
	text, ok := refusalOf(status, language == "zh")
	if !ok || !opened(r) {
		return false
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", language)
	h.Set("Content-Security-Policy", refusedPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, refusedPage, language, text.title, text.what, text.remedy)
	return true
}

// opened reports whether somebody opened the address in a browser, rather than a page or a player that shows what is there.
func opened(r *http.Request) bool {
	for _, kind := range strings.Split(r.Header.Get("Accept"), ",") {
		media, _, _ := strings.Cut(kind, ";")
		if strings.TrimSpace(media) == "text/html" {
			dest := r.Header.Get("Sec-Fetch-Dest") // sent where the page was fetched safely
			return dest == "" || dest == "document" || dest == "iframe"
		}
	}
	return false
}
