// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/logger.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/assert.hpp"
#include "base/text.hpp"
#include "wire/json_writer.hpp"

namespace synapse::hub {

namespace {

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
    case LogLevel::critical:
      return spdlog::level::critical;
  }
  SYNAPSE_ASSERT(false && "a log level without a number");
}

}  // namespace

class Logger::Impl {
 public:
  explicit Impl(LogFormat chosen)
      : format(chosen), logger("hub", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {}

  LogFormat format;
  spdlog::logger logger;
};

Logger::Logger(LogFormat format, LogLevel level) : impl_(std::make_unique<Impl>(format)) {
  impl_->logger.set_level(level_of(level));
  if (format == LogFormat::json) {
    impl_->logger.set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l","message":%v})");
  } else {
    impl_->logger.set_pattern("%Y-%m-%d %H:%M:%S.%e %l: %v");
  }
  impl_->logger.flush_on(spdlog::level::debug);
}

Logger::~Logger() = default;

void Logger::info(std::string_view message) const { write(LogLevel::info, message); }
void Logger::warning(std::string_view message) const { write(LogLevel::warning, message); }
void Logger::error(std::string_view message) const { write(LogLevel::error, message); }

void Logger::write(LogLevel level, std::string_view message) const {
  std::string line = base::escape_control(message, base::LineBreaks::escape);
  if (impl_->format == LogFormat::json) {
    wire::JsonWriter json;
    json.value(line);
    line = json.take();
  }
  impl_->logger.log(level_of(level), "{}", line);
}

}  // namespace synapse::hub
