package credential

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"surveyflow/internal/outbound"
	"surveyflow/models"
)

// channelsKept bounds the open sets of connections.
const channelsKept = 500

// channel gives the connections for a set of credentials as they are now. A change of one makes others.
func (s *Service) channel(ctx context.Context, all []*opened) (*outbound.Channel, error) {
	key, o := "", outbound.ChannelOptions{}
	for _, c := range all {
		key += fmt.Sprintf("%s@%d ", c.row.ID, c.row.Rev)
		if c.hosts != nil {
			o.Hosts = append(o.Hosts, c.hosts)
		}
	}
	return s.keptChannel(ctx, key, all[0].row, o)
}

// endpointChannel gives the connections to a provider's endpoint: with the client certificate, which some ask for there
// (RFC 8705), and to that host alone.
func (s *Service) endpointChannel(ctx context.Context, c *opened, endpoint string) (*outbound.Channel, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return nil, fmt.Errorf("read endpoint: %w", err)
	}
	host, err := outbound.ParseHosts([]string{u.Host})
	if err != nil {
		return nil, err
	}
	key := fmt.Sprintf("%s@%d endpoint %s", c.row.ID, c.row.Rev, u.Host)
	return s.keptChannel(ctx, key, c.row, outbound.ChannelOptions{Hosts: []outbound.Hosts{host}})
}

// keptChannel gives a channel that is open already, or opens it with the client certificate of a credential.
func (s *Service) keptChannel(ctx context.Context, key string, row *models.Credential, o outbound.ChannelOptions) (*outbound.Channel, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ch := s.channels[key]; ch != nil {
		return ch, nil
	}
	if row.MTLSSealed != "" {
		certificate, err := s.certificate(ctx, row)
		if err != nil {
			return nil, s.ours(err)
		}
		identity, err := stored(*certificate)
		if err != nil {
			return nil, s.ours(err)
		}
		o.Certificate, o.Roots = &identity.TLS, identity.Roots
	}
	id, _, _ := strings.Cut(key, "@")
	for other, ch := range s.channels { // older forms of the credential, and any others when there are too many
		if strings.HasPrefix(other, id+"@") && !strings.HasPrefix(other, fmt.Sprintf("%s@%d ", id, row.Rev)) || len(s.channels) >= channelsKept {
			ch.CloseIdle()
			delete(s.channels, other)
		}
	}
	ch := s.Client.Channel(o)
	s.channels[key] = ch
	return ch, nil
}

// Handshake makes a TLS handshake with the host of a URL, as a call with the credential would, to see whether its client
// certificate is taken. The error is an [*outbound.Error] when the handshake failed.
func (s *Service) Handshake(ctx context.Context, a models.Actor, id, address string) (*outbound.Handshake, error) {
	row, err := s.Store.Credential(ctx, a, id)
	if err != nil {
		return nil, err
	}
	c := &opened{row: row}
	if len(row.AllowedHosts.V) > 0 {
		if c.hosts, err = outbound.ParseHosts(row.AllowedHosts.V); err != nil {
			return nil, err
		}
	}
	ch, err := s.channel(ctx, []*opened{c})
	if err != nil {
		return nil, err
	}
	return s.Client.Handshake(ctx, ch, address)
}

// Close closes the connections that no call uses.
func (s *Service) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ch := range s.channels {
		ch.CloseIdle()
	}
}
