package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"gocloud.dev/blob"
)

// s3Within bounds the check of an object store at start. A machine with a role answers for
// its credentials within milliseconds; where none answers the client would ask on and on.
const s3Within = 10 * time.Second

// checkKey is the object that is written, read and removed by the check. Collectors that
// start together write the same bytes.
const checkKey = "check"

// openS3 opens an object store and tries what a collector needs of it: the client itself
// sends nothing before the first session is finished, an hour later.
func openS3(ctx context.Context, setting string, within time.Duration) (*blobs, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	bucket, err := blob.OpenBucket(ctx, setting)
	if err != nil {
		return nil, fmt.Errorf("blobs %s: %w: %w", redact(setting), ErrObjectStore, err)
	}
	b := &blobs{bucket: bucket}
	if err := b.checkS3(ctx); err != nil {
		b.close()
		if ctx.Err() != nil {
			err = fmt.Errorf("%w (after %v)", err, within)
		}
		return nil, fmt.Errorf("blobs %s: %w", redact(setting), err)
	}
	return b, nil
}

func (b *blobs) checkS3(ctx context.Context) error {
	var client *s3.Client
	if b.bucket.As(&client) {
		// nil: the setting says anonymous.
		if c := client.Options().Credentials; c != nil {
			if _, err := c.Retrieve(ctx); err != nil {
				return fmt.Errorf("%w: %w", ErrNoCredentials, err)
			}
		}
	}
	err := b.bucket.WriteAll(ctx, checkKey, []byte(checkKey), nil)
	if err == nil {
		err = b.remove(ctx, checkKey) // looks at the object first
	}
	var answer smithy.APIError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &answer):
		return fmt.Errorf("%w: %w", ErrObjectStore, err)
	case answer.ErrorCode() == "NoSuchBucket":
		return fmt.Errorf("%w: %w", ErrNoBucket, answer)
	}
	return fmt.Errorf("%w: %w", ErrRefused, answer)
}
