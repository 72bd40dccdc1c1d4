package api

import (
	"context"
	"math"
	"net/url"
	"time"

	"aircheck/server/auth"
	"aircheck/vod"
)

// VodDomainsRequest is the request of DescribeVodDomains.
type VodDomainsRequest struct {
	SubAppID uint64   `json:"SubAppId" doc:"Application. Default 0: the primary one."`
	Domains  []string `json:"Domains" doc:"Lists only these; at most 20. Default: all, which is the one that the addresses of files have."`
	Limit    *uint64  `json:"Limit" doc:"1 to 20, default 20."`
	Offset   uint64   `json:"Offset" doc:"How many are left out at the beginning."`
}

// VodDomainsResponse is the answer of DescribeVodDomains.
type VodDomainsResponse struct {
	TotalCount int64          `json:"TotalCount" doc:"How many there are."`
	DomainSet  []VodDomainSet `json:"DomainSet" doc:"The domains."`
}

// VodDomainSet is the domain from which files are played, and who may play them.
type VodDomainSet struct {
	Domain                 string                 `json:"Domain" doc:"The host of the addresses of files: that of http.public_url, or else the one at which the API was called."`
	DeployStatus           string                 `json:"DeployStatus" doc:"Always Online: changes apply at once."`
	URLSignatureAuthPolicy URLSignatureAuthPolicy `json:"UrlSignatureAuthPolicy" doc:"Key hotlink protection."`
	RefererAuthPolicy      RefererAuthPolicy      `json:"RefererAuthPolicy" doc:"Referer hotlink protection."`
	CrossOriginPolicy      CrossOriginPolicy      `json:"CrossOriginPolicy" doc:"Pages that may read files by script (CORS). An addition of this server."`
	CreateTime             string                 `json:"CreateTime" doc:"When that was changed last; empty if it never was."`
}

// URLSignatureAuthPolicy is the key hotlink protection.
type URLSignatureAuthPolicy struct {
	Status       string  `json:"Status" required:"true" doc:"Enabled: files are played from signed addresses alone. Disabled."`
	EncryptedKey *string `json:"EncryptedKey" doc:"The key: 8 to 20 letters and digits. Needed to enable, unless there is one. Default: as before."`
	BackupKey    *string `json:"BackupKey" doc:"Another key that is as good, so that keys can be changed; empty for none. Default: as before. An addition of this server."`
	Lifetime     *uint64 `json:"Lifetime" doc:"How long signed addresses are good that answers and callbacks show, in seconds; 0 is a day. Default: as before. An addition of this server."`
}

// RefererAuthPolicy is the referer hotlink protection.
type RefererAuthPolicy struct {
	Status              string   `json:"Status" required:"true" doc:"Enabled or Disabled."`
	AuthType            string   `json:"AuthType" doc:"White: only pages of Referers may play. Black: they may not. Needed to enable."`
	Referers            []string `json:"Referers" doc:"Up to 100 host names; *.example.com is all below example.com."`
	BlankRefererAllowed string   `json:"BlankRefererAllowed" doc:"Yes: who does not tell a referer may play. No (default)."`
}

// CrossOriginPolicy is who may read files by script.
type CrossOriginPolicy struct {
	Origins []string `json:"Origins" doc:"Up to 100 origins such as https://example.com. Empty: all."`
}

// ModifyVodDomainRequest is the request of ModifyVodDomainConfig.
type ModifyVodDomainRequest struct {
	SubAppID               uint64                  `json:"SubAppId" doc:"Application. Default 0: the primary one."`
	Domain                 string                  `json:"Domain" required:"true" doc:"The domain, as DescribeVodDomains shows it."`
	URLSignatureAuthPolicy *URLSignatureAuthPolicy `json:"UrlSignatureAuthPolicy" doc:"Key hotlink protection. Default: as before."`
	RefererAuthPolicy      *RefererAuthPolicy      `json:"RefererAuthPolicy" doc:"Referer hotlink protection. Default: as before."`
	CrossOriginPolicy      *CrossOriginPolicy      `json:"CrossOriginPolicy" doc:"Pages that may read files by script. Default: as before. An addition of this server."`
}

const maxVodDomains = 20

func (a *API) vodDomainActions() []action {
	return []action{
		row("DescribeVodDomains", versionVod, reads,
			"Shows from which host the files of an application are played, and who may play them: with signed addresses, from which pages.", a.describeVodDomains),
		row("ModifyVodDomainConfig", versionVod, changes,
			"Changes who may play the files of an application. It applies at once; who is loading a file may finish.", a.modifyVodDomain),
	}
}

// playHost is the host of the addresses of files.
func playHost(c *Caller) string {
	u, err := url.Parse(c.BaseURL)
	if err != nil {
		return ""
	}
	return auth.CleanHost(u.Host)
}

func (a *API) describeVodDomains(_ context.Context, c *Caller, q *VodDomainsRequest) (*VodDomainsResponse, error) {
	if len(q.Domains) > maxVodDomains {
		return nil, &vod.InvalidError{Field: "Domains", Reason: "must have at most 20 elements"}
	}
	if q.Limit != nil && (*q.Limit < 1 || *q.Limit > maxVodDomains) {
		return nil, &vod.InvalidError{Field: "Limit", Reason: "must be 1 to 20"}
	}
	out := &VodDomainsResponse{DomainSet: []VodDomainSet{}}
	host := playHost(c)
	wanted := len(q.Domains) == 0
	for _, d := range q.Domains {
		wanted = wanted || auth.CleanHost(d) == host
	}
	if !wanted {
		return out, nil
	}
	out.TotalCount = 1
	if q.Offset == 0 {
		out.DomainSet = append(out.DomainSet, showProtection(host, a.Guard.Of(signed(q.SubAppID))))
	}
	return out, nil
}

func showProtection(host string, p vod.Protection) VodDomainSet {
	status := map[bool]string{true: "Enabled", false: "Disabled"}
	lifetime := uint64(p.Lifetime / time.Second)
	out := VodDomainSet{
		Domain: host, DeployStatus: "Online",
		URLSignatureAuthPolicy: URLSignatureAuthPolicy{Status: status[p.Signed], EncryptedKey: &p.Key, BackupKey: &p.BackupKey, Lifetime: &lifetime},
		RefererAuthPolicy: RefererAuthPolicy{
			Status: status[p.RefererMode != vod.RefererAny], AuthType: string(p.RefererMode), Referers: append([]string{}, p.Referers...),
			BlankRefererAllowed: map[bool]string{true: "Yes", false: "No"}[p.NoReferer],
		},
		CrossOriginPolicy: CrossOriginPolicy{Origins: append([]string{}, p.Origins...)},
	}
	if !p.UpdateTime.IsZero() {
		out.CreateTime = utcTime(p.UpdateTime)
	}
	return out
}

func (a *API) modifyVodDomain(ctx context.Context, c *Caller, q *ModifyVodDomainRequest) (*None, error) {
	if host := playHost(c); auth.CleanHost(q.Domain) != host {
		return nil, &vod.InvalidError{Field: "Domain", Reason: "is not the host from which files are played, which is " + host}
	}
	_, err := a.Guard.Change(ctx, signed(q.SubAppID), func(p *vod.Protection) error {
		if err := q.URLSignatureAuthPolicy.apply(p); err != nil {
			return err
		}
		if q.CrossOriginPolicy != nil {
			p.Origins = q.CrossOriginPolicy.Origins
		}
		return q.RefererAuthPolicy.apply(p)
	})
	return &None{}, err
}

// enabled reads a Status.
func enabled(field, status string) (bool, error) {
	switch status {
	case "Enabled":
		return true, nil
	case "Disabled":
		return false, nil
	}
	return false, &vod.InvalidError{Field: field, Reason: "must be Enabled or Disabled"}
}

func (u *URLSignatureAuthPolicy) apply(p *vod.Protection) (err error) {
	if u == nil {
		return nil
	}
	if p.Signed, err = enabled("UrlSignatureAuthPolicy.Status", u.Status); err != nil {
		return err
	}
	if u.EncryptedKey != nil && *u.EncryptedKey != "" {
		p.Key = *u.EncryptedKey
	}
	if u.BackupKey != nil {
		p.BackupKey = *u.BackupKey
	}
	if u.Lifetime != nil {
		p.Lifetime = time.Duration(min(*u.Lifetime, math.MaxInt64/uint64(time.Second))) * time.Second
	}
	return nil
}

func (r *RefererAuthPolicy) apply(p *vod.Protection) error {
	if r == nil {
		return nil
	}
	on, err := enabled("RefererAuthPolicy.Status", r.Status)
	if err != nil {
		return err
	}
	p.RefererMode, p.Referers, p.NoReferer = vod.RefererAny, r.Referers, false
	if on {
		if p.RefererMode = vod.RefererMode(r.AuthType); p.RefererMode == vod.RefererAny {
			return &vod.InvalidError{Field: "RefererAuthPolicy.AuthType", Reason: "must be Black or White"}
		}
	}
	switch r.BlankRefererAllowed {
	case "Yes":
		p.NoReferer = true
	case "", "No":
	default:
		return &vod.InvalidError{Field: "RefererAuthPolicy.BlankRefererAllowed", Reason: "must be Yes or No"}
	}
	return nil
}
