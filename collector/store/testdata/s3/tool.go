//go:build tools

// Package s3 pins the S3 server against which the store's tests run.
package s3

import _ "github.com/versity/versitygw/cmd/versitygw"
