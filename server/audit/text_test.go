package audit

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestText checks what is left out of what is written down, and what is not.
func TestText(t *testing.T) {
	for given, want := range map[string]string{
		`{}`: `{}`,
		`{"DomainName":"localhost","MasterAuthKey":"s3","Enable":1}`: `{"DomainName":"localhost","Enable":1,"MasterAuthKey":"***"}`,
		`{"CallbackKey":"","AuthKey":null,"Key":5,"Keys":["s3"]}`:    `{"AuthKey":null,"CallbackKey":"","Key":"***","Keys":"***"}`,
		`{"Password":"s3","password":"s3","OldPasswd":"s3","secret":"s3","TxSecret":"s3","PushToken":"s3","Signature":"s3"}`: `{"OldPasswd":"***",` +
			`"Password":"***","PushToken":"***","Signature":"***","TxSecret":"***","password":"***","secret":"***"}`,
		`{"AccessKey":{"AccessKeyId":"AKID5","SecretAccessKey":"s3"}}`: `{"AccessKey":{"AccessKeyId":"AKID5","SecretAccessKey":"***"}}`,
		`{"List":[{"AuthKey":"s3","TagKey":"a"},"x",true]}`:            `{"List":[{"AuthKey":"***","TagKey":"a"},"x",true]}`,
		`{"AddKeyFrameDescs":[{"Content":"goal"}]}`:                    `{"AddKeyFrameDescs":[{"Content":"goal"}]}`,
		`{"U":"rtsp://me:s3@cam.lan/1?a=b&txSecret=s3&t=5#x"}`:         `{"U":"rtsp://***@cam.lan/1?a=b&txSecret=***&t=5#x"}`,
		`{"U":"rtmp://h/live/cam?tx%53ecret=s3&auth_key=s3;sign=s3"}`:  `{"U":"rtmp://h/live/cam?tx%53ecret=***&auth_key=***;sign=***"}`,
		`{"StreamName":"cam?password=s3&x=<b>"}`:                       `{"StreamName":"cam?password=***&x=<b>"}`,
		`{"U":"https://h/x?sig=s3&Auth=s3&pass=s3&pw=s3&author=me"}`:   `{"U":"https://h/x?sig=***&Auth=***&pass=***&pw=***&author=me"}`,
		`{"Mail":"a@b.example","Text":"is it?"}`:                       `{"Mail":"a@b.example","Text":"is it?"}`,
	} {
		var tree any
		if err := json.Unmarshal([]byte(given), &tree); err != nil {
			t.Fatal(err)
		}
		if got := Text(tree); got != want || strings.Contains(got, "s3") {
			t.Errorf("%s:\ngot  %s\nwant %s", given, got, want)
		}
	}
}

// TestTextIsBounded checks that nothing makes it long or slow.
func TestTextIsBounded(t *testing.T) {
	many, list := map[string]any{}, []any{}
	for i := range 5000 {
		many[strings.Repeat("é", 400)+string(rune('a'+i))] = strings.Repeat("é", 5000)
		list = append(list, i)
	}
	deep := any("bottom")
	for range 50 {
		deep = []any{deep}
	}
	for name, tree := range map[string]any{
		"many": many, "list": list, "deep": deep, "long": map[string]any{"a": "x?" + strings.Repeat("a=b&", 100_000)},
	} {
		if got := Text(tree); len(got) > MaxText || !utf8.ValidString(got) || !strings.Contains(got, "…") && name != "list" {
			t.Errorf("%s: %d bytes: %.100s", name, len(got), got)
		}
	}
}

// FuzzText checks that no text in a field named like a secret is shown, and that what is written stays within its bounds.
func FuzzText(f *testing.F) {
	f.Add(`{"a":"rtmp://u:p@h/x?key=1&b=2","AuthKey":["x"],"n":[{"token":5}]}`)
	f.Add(`[[[[[[[[[[[["deep"]]]]]]]]]]]]`)
	f.Add(`"\ud800?secret=%zz"`)
	f.Fuzz(func(t *testing.T, text string) {
		var tree any
		if json.Unmarshal([]byte(text), &tree) != nil {
			return
		}
		out := Text(map[string]any{"Password": tree, "Shown": tree})
		if len(out) > MaxText || !utf8.ValidString(out) {
			t.Errorf("%d bytes: %q", len(out), out)
		}
		if s, ok := tree.(string); ok && s != "" && Text(map[string]any{"Password": s}) != `{"Password":"***"}` {
			t.Errorf("%q is shown", s)
		}
	})
}
