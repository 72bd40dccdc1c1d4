package api

import (
	"context"
	"time"

	"aircheck/server/auth"
)

// PlayAuthKeyInfo is the key with which a domain's streams are played.
type PlayAuthKeyInfo struct {
	DomainName  string `json:"DomainName" doc:"The domain."`
	Enable      int64  `json:"Enable" doc:"1: players need a signed address. Who is exempt is the server's play.auth to say."`
	AuthKey     string `json:"AuthKey" doc:"A key that signs addresses."`
	AuthDelta   uint64 `json:"AuthDelta" doc:"How long an address is good beyond its txTime, in seconds."`
	AuthBackKey string `json:"AuthBackKey" doc:"Another one that is as good; may be empty."`
}

// PlayKeyResponse is the answer of DescribeLivePlayAuthKey.
type PlayKeyResponse struct {
	PlayAuthKeyInfo PlayAuthKeyInfo `json:"PlayAuthKeyInfo" doc:"The key."`
}

// ModifyPlayKeyRequest is the request of ModifyLivePlayAuthKey.
type ModifyPlayKeyRequest struct {
	DomainName   string  `json:"DomainName" required:"true" doc:"The domain."`
	Enable       *int64  `json:"Enable" doc:"1: players need a signed address."`
	AuthKey      *string `json:"AuthKey" doc:"A key that signs addresses: up to 128 printable ASCII characters. Empty keeps the present one."`
	AuthDelta    *uint64 `json:"AuthDelta" doc:"Seconds beyond txTime, 0 to 315360000."`
	AuthBackKey  *string `json:"AuthBackKey" doc:"Another one. Empty keeps the present one."`
	RemoveBackup *int64  `json:"RemoveBackup" doc:"1: takes the other one away."`
}

func (a *API) playKeyActions() []action {
	return []action{
		row("DescribeLivePlayAuthKey", versionLive, reads,
			"Shows the key with which the streams of a domain are played. Push domains have one as well: players need no domain of their own.",
			a.describePlayKey),
		row("ModifyLivePlayAuthKey", versionLive, changes,
			"Changes it; what is absent or empty stays as it is. Players that are watching are not touched.", a.modifyPlayKey),
	}
}

func (a *API) describePlayKey(_ context.Context, _ *Caller, q *DomainRequest) (*PlayKeyResponse, error) {
	k, err := a.Domains.PlayKey(q.DomainName)
	if err != nil {
		return nil, err
	}
	return &PlayKeyResponse{PlayAuthKeyInfo: PlayAuthKeyInfo{
		DomainName: auth.CleanHost(q.DomainName), Enable: number(k.Enable), AuthKey: k.Master, AuthBackKey: k.Backup,
		AuthDelta: uint64(k.Delta / time.Second),
	}}, nil
}

func (a *API) modifyPlayKey(ctx context.Context, _ *Caller, q *ModifyPlayKeyRequest) (*None, error) {
	c, err := keyChange(q.Enable, q.AuthKey, q.AuthBackKey, q.RemoveBackup, q.AuthDelta)
	if err != nil {
		return nil, err
	}
	return &None{}, a.Domains.ModifyPlayKey(ctx, q.DomainName, c)
}

// keyChange reads what of a key is to be changed.
func keyChange(enable *int64, master, backup *string, remove *int64, delta *uint64) (auth.KeyChange, error) {
	c := auth.KeyChange{Master: nonEmpty(master), Backup: nonEmpty(backup)}
	if remove != nil {
		var gone bool
		if err := assignFlag("RemoveBackup", &gone, remove); err != nil {
			return c, err
		}
		switch {
		case gone && c.Backup != nil:
			return c, failf("InvalidParameterValue", "RemoveBackup: there is another backup key in the request")
		case gone:
			c.Backup = new(string)
		}
	}
	if enable != nil {
		c.Enable = new(bool)
		if err := assignFlag("Enable", c.Enable, enable); err != nil {
			return c, err
		}
	}
	if delta != nil {
		// More seconds than can be counted are as wrong as one too many.
		c.Delta = new(time.Duration(min(*delta, uint64(auth.MaxAuthDelta/time.Second)+1)) * time.Second)
	}
	return c, nil
}
