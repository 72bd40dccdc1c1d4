package rtmp

import (
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/yutopp/go-rtmp/message"
)

// Numbers of the commands whose answers are awaited.
const (
	connectCall = 1
	createCall  = 2
)

// liveOnly asks for a stream as it comes, and not for a recording of that name.
const liveOnly = -1000.0

// bufferTime is how much media the server may send ahead, in ms.
const bufferTime = 3000

// target splits the address into what connect names and what play names. The query goes with the name, as encoders send it.
func (p *puller) target() (tcURL, app, name string) {
	u := p.request.URL
	path := strings.Trim(u.EscapedPath(), "/")
	app, name = path, ""
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		app, name = path[:i], path[i+1:]
	}
	if u.RawQuery != "" {
		name += "?" + u.RawQuery
	}
	host := u.Host
	if _, _, err := net.SplitHostPort(host); err != nil && u.Scheme == "rtmp" {
		host = net.JoinHostPort(u.Hostname(), plainPort)
	}
	app += p.cred.query()
	return u.Scheme + "://" + host + "/" + app, app, name
}

// connect is the first command.
func (p *puller) connect() {
	tcURL, app, _ := p.target()
	const canDecode, allCodecs = 1.0, "*"
	const multitrack, modEx = 2, 4
	p.session.command(0, "connect", float64(connectCall), []property{
		{"app", app},
		{"flashVer", "LNX 9,0,124,2"},
		{"tcUrl", tcURL},
		{"fpad", false},
		{"capabilities", 15.0},
		{"audioCodecs", 4071.0},
		{"videoCodecs", 252.0},
		{"videoFunction", 1.0},
		{"objectEncoding", 0.0},
		{"fourCcList", []any{allCodecs}},
		{"videoFourCcInfoMap", []property{{allCodecs, canDecode}}},
		{"audioFourCcInfoMap", []property{{allCodecs, canDecode}}},
		{"capsEx", float64(multitrack | modEx)},
	})
}

// onCommand reads what the server answers. Unknown commands are passed over.
func (p *puller) onCommand(body []byte) error {
	values, err := readAMF(body)
	if len(values) == 0 {
		return err
	}
	name, _ := values[0].(string)
	tx, _ := argument(values, 1).(float64)
	switch name {
	case "_result":
		return p.onResult(tx, values)
	case "_error":
		return p.onError(values)
	case "onStatus":
		return p.onStatus(values)
	case "close":
		return fmt.Errorf("%w: it closes the connection", ErrSource)
	}
	return nil
}

func (p *puller) onResult(tx float64, values []any) error {
	switch {
	case tx == connectCall && !p.asked:
		p.session.control(&message.WinAckSize{Size: ownWindow})
		p.session.command(0, "createStream", float64(createCall), nil)
	case tx == createCall && !p.asked:
		id, ok := argument(values, 3).(float64)
		if !ok || id < 0 || id > 1<<31 {
			return fmt.Errorf("%w: it names no stream id", ErrSource)
		}
		_, _, name := p.target()
		p.session.command(uint32(id), "play", 0.0, nil, name, liveOnly)
		p.session.control(&message.UserCtrl{Event: &message.UserCtrlEventSetBufferLength{
			StreamID: uint32(id), LengthMs: bufferTime,
		}})
		p.asked = true
	}
	return nil
}

// onError is why connect or createStream failed.
func (p *puller) onError(values []any) error {
	why := said(values)
	if p.session.stream != nil || p.asked {
		return nil // of a command that nothing depends on
	}
	if user := p.request.URL.User; user != nil {
		if err := p.cred.answer(user, why); err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: %s", ErrSource, shorten(why))
}

func (p *puller) onStatus(values []any) error {
	info, _ := argument(values, 3).(object)
	code, _ := info["code"].(string)
	if info["level"] == "error" {
		return fmt.Errorf("%w: %s", ErrSource, shorten(said(values)))
	}
	switch code {
	case "NetStream.Play.Start":
		if !p.agreed {
			p.agreed, p.lastMedia = true, time.Now()
		}
	case "NetStream.Play.Stop", "NetStream.Play.Complete", "NetStream.Play.UnpublishNotify":
		if p.session.stream != nil {
			return errSourceEnd
		}
	}
	return nil
}

// said puts an answer into words.
func said(values []any) string {
	info, _ := argument(values, 3).(object)
	code, _ := info["code"].(string)
	text, _ := info["description"].(string)
	switch {
	case code == "" && text == "":
		return "it does not say why"
	case code == "" || text == "":
		return code + text
	}
	return code + ": " + text
}
