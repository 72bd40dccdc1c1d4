package store

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"aircheck/vod"
)

// The words of the search index. Each says one thing about a file: the first letter what, the rest which value. Names and descriptions
// are there in pieces of one, two and three characters, so that any part of them can be found in any script.
const (
	wordPrefix       = 'p' // the name's first characters, as they are
	wordName         = 'n' // one, two or three characters of the folded name
	wordDescription  = 'd' // of the description
	wordStream       = 's'
	wordDomain       = 'o'
	wordApp          = 'u'
	wordContainer    = 'c'
	wordStorageClass = 'l'
	wordClass        = 'k' // its class, and those above
	wordTag          = 't'
	wordStatus       = 'v'
	wordSource       = 'r'
	wordExpiry       = 'e' // see searchexpiry.go
	wordSubApp       = 'x' // stands before all of these, with the application, unless that is the primary one
)

// gram is how many characters the longest pieces have.
const gram = 3

// prefixLengths are the numbers of characters of which there is a word; what lies in between is compared.
func prefixLengths() []int { return []int{1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 20, 24, 32, 48, 64} }

// fold makes texts equal that differ in nothing but case, or in how accents are written.
func fold(s string) string { return norm.NFC.String(strings.Map(foldRune, norm.NFC.String(s))) }

func foldRune(r rune) rune { return unicode.ToLower(unicode.ToUpper(r)) }

// words collects them, parted by spaces.
type words struct {
	b       strings.Builder
	subApp  string
	ordered []rune // room for a text's characters
}

// newWords begins the words of a file of that application.
func newWords(subApp int64) *words {
	w := &words{}
	if subApp != 0 {
		w.subApp = string(wordSubApp) + strconv.FormatInt(subApp, 10) + string(wordSubApp)
	}
	return w
}

// add adds the word for a value.
func (w *words) add(kind byte, value string) {
	w.begin(kind)
	for _, r := range value {
		w.put(r)
	}
}

func (w *words) begin(kind byte) {
	if w.b.Len() > 0 {
		w.b.WriteByte(' ')
	}
	w.b.WriteString(w.subApp)
	w.b.WriteByte(kind)
}

// put writes a character so that FTS5's tokenizer "ascii" keeps it and does not change it: it parts words at ASCII's punctuation, and turns
// ASCII's upper case into lower case. z begins a code of two letters, so that different texts are different words.
func (w *words) put(r rune) {
	if 'a' <= r && r <= 'y' || '0' <= r && r <= '9' || r > unicode.MaxASCII {
		w.b.WriteRune(r)
		return
	}
	w.b.WriteByte('z')
	w.b.WriteByte('a' + byte(r>>4))
	w.b.WriteByte('a' + byte(r&15))
}

// pieces adds all parts of a folded text with up to gram characters.
func (w *words) pieces(kind byte, folded string) {
	w.ordered = append(w.ordered[:0], []rune(folded)...)
	for i := range w.ordered {
		for n := 1; n <= gram && i+n <= len(w.ordered); n++ {
			w.begin(kind)
			for _, r := range w.ordered[i : i+n] {
				w.put(r)
			}
		}
	}
}

// prefixes adds the beginnings of a name.
func (w *words) prefixes(name string) {
	w.ordered = append(w.ordered[:0], []rune(name)...)
	for _, n := range prefixLengths() {
		if n > len(w.ordered) {
			return
		}
		w.begin(wordPrefix)
		for _, r := range w.ordered[:n] {
			w.put(r)
		}
	}
}

// wordsOf are those of a file. classes are its class and the ones above.
func wordsOf(r *assetRow, foldedName, foldedDescription string, classes []int64) string {
	var tags []string
	if json.Unmarshal([]byte(r.Tags), &tags) != nil {
		tags = nil // who reads the row is told; the index is to go on
	}
	w := newWords(r.SubAppID)
	w.prefixes(r.Name)
	w.pieces(wordName, foldedName)
	w.pieces(wordDescription, foldedDescription)
	w.add(wordStream, r.Stream)
	w.add(wordDomain, r.Domain)
	w.add(wordApp, r.App)
	w.add(wordContainer, r.Container)
	w.add(wordStorageClass, r.StorageClass)
	w.add(wordSource, cmp.Or(r.SourceType, vod.SourceRecord))
	w.add(wordStatus, shownStatus(r))
	for _, c := range classes {
		w.add(wordClass, strconv.FormatInt(c, 10))
	}
	for _, t := range tags {
		w.add(wordTag, t)
	}
	for _, e := range expiryWords(r.ExpireTime) {
		w.add(wordExpiry, e)
	}
	return w.b.String()
}
