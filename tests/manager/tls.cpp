// SPDX-License-Identifier: Apache-2.0
#include "tests/manager/tls.h"

#include "tests/manager/certificate.h"

#include <boost/asio/buffer.hpp>

namespace riposte::simulator {

namespace ssl = boost::asio::ssl;

ssl::context server_context(const Options& options, int lowest, int highest) {
    ssl::context context(ssl::context::tls_server);
    SSL_CTX_set_min_proto_version(context.native_handle(), lowest);
    SSL_CTX_set_max_proto_version(context.native_handle(), highest);
    const Certificate& own = options.certificate ? *options.certificate : self_signed_certificate();
    context.use_certificate_chain(boost::asio::buffer(own.certificate));
    context.use_private_key(boost::asio::buffer(own.key), ssl::context::pem);
    if (!options.client_authority.empty()) {
        context.add_certificate_authority(boost::asio::buffer(options.client_authority));
        context.set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
    }
    return context;
}

}  // namespace riposte::simulator
