//! Fruit, tea and coffee, snacks.

pub(super) const SHAPES: [[&str; 3]; 3] = [[ORANGE, BLUEBERRY, APPLE], [GREEN_TEA, BLACK_TEA, COFFEE], [NUTS, CAKES, JERKY]];

const ORANGE: &str = "<circle cx='84' cy='108' r='62' fill='#ff9a3c'/><circle cx='66' cy='88' r='22' fill='#ffb866' opacity='.7'/><path d='M84 48 q4 -22 30 -26 q0 26 -30 26z' fill='#4fa357'/><rect x='81' y='38' width='6' height='14' rx='3' fill='#6b4a2b'/>\
    <circle cx='138' cy='138' r='44' fill='#ff8a1f'/><circle cx='138' cy='138' r='37' fill='#fff1dc'/><g fill='#ffa94d'><path d='M138 134 L126 106 A34 34 0 0 1 150 106z'/><path d='M142 136 L154 108 A34 34 0 0 1 170 126z'/><path d='M142 141 L171 132 A34 34 0 0 1 165 158z'/>\
    <path d='M139 143 L161 163 A34 34 0 0 1 138 172z'/><path d='M136 143 L132 172 A34 34 0 0 1 109 156z'/><path d='M134 140 L106 150 A34 34 0 0 1 106 127z'/><path d='M135 136 L108 122 A34 34 0 0 1 122 108z'/></g><rect x='34' y='112' width='34' height='18' rx='9' fill='$a'/><rect x='40' y='119' width='22' height='4' rx='2' fill='#fff'/>";

const BLUEBERRY: &str = "<g fill='#3f57a8'><circle cx='66' cy='86' r='30'/><circle cx='128' cy='82' r='30'/><circle cx='96' cy='66' r='28' fill='#5570c8'/></g><circle cx='98' cy='110' r='32' fill='#4a63b8'/>\
    <g fill='#2c3f85'><path d='M96 58 l4 7 8 1 -6 6 1 8 -7 -4 -7 4 1 -8 -6 -6 8 -1z'/><path d='M64 78 l3 6 7 1 -5 5 1 7 -6 -3 -6 3 1 -7 -5 -5 7 -1z'/><path d='M98 102 l4 7 8 1 -6 6 1 8 -7 -4 -7 4 1 -8 -6 -6 8 -1z'/></g>\
    <path d='M150 62 q10 -30 36 -24 q-6 28 -36 24z' fill='#58a862'/><path d='M46 62 q-26 -2 -30 -28 q28 0 30 28z' fill='#6dbb76'/><path d='M32 116 H168 L152 172 Q150 178 144 178 H56 Q50 178 48 172z' fill='$a'/><path d='M32 116 H168 L165 128 H35z' fill='$c'/>\
    <rect x='72' y='140' width='56' height='22' rx='6' fill='#fff' opacity='.92'/><rect x='82' y='149' width='36' height='4' rx='2' fill='$b'/>";

const APPLE: &str = "<path d='M100 62 Q76 44 52 58 Q22 78 34 124 Q46 170 78 174 Q90 174 100 168 Q110 174 122 174 Q154 170 166 124 Q178 78 148 58 Q124 44 100 62z' fill='#e0463e'/>\
    <path d='M100 62 Q76 44 52 58 Q22 78 34 124 Q42 154 60 168 Q46 110 76 66z' fill='#f2695c'/><path d='M98 62 Q96 36 110 24' stroke='#6b4a2b' stroke-width='7' fill='none' stroke-linecap='round'/><path d='M108 42 Q122 16 152 22 Q142 50 108 42z' fill='#58a862'/>\
    <ellipse cx='60' cy='92' rx='9' ry='17' fill='#fff' opacity='.45' transform='rotate(18 60 92)'/><circle cx='124' cy='116' r='19' fill='$a'/><circle cx='124' cy='116' r='14' fill='none' stroke='#fff' stroke-width='2.5'/><path d='M117 116 l5 6 10 -12' stroke='#fff' stroke-width='4' fill='none' stroke-linecap='round'/>";

const GREEN_TEA: &str = "<rect x='30' y='48' width='76' height='128' rx='10' fill='#4c8a57'/><rect x='26' y='36' width='84' height='22' rx='8' fill='#37683f'/><rect x='44' y='78' width='48' height='66' rx='5' fill='#f6f1df'/><path d='M68 84 q-16 22 0 40 q16 -18 0 -40z' fill='#6dbb76'/><rect x='52' y='130' width='32' height='5' rx='2.5' fill='$a'/>\
    <path d='M112 118 H178 Q176 160 145 162 Q114 160 112 118z' fill='#fff'/><path d='M178 124 q18 2 12 18 q-6 10 -20 8' fill='none' stroke='#fff' stroke-width='6'/><ellipse cx='145' cy='118' rx='33' ry='9' fill='#a9c97f'/><rect x='104' y='164' width='82' height='8' rx='4' fill='$a'/>\
    <path d='M134 100 q-8 -10 0 -20 t0 -20 M156 100 q-8 -10 0 -20 t0 -20' fill='none' stroke='#8fb59a' stroke-width='5' stroke-linecap='round'/><path d='M142 116 q8 -8 18 -4 q-6 8 -18 4z' fill='#4c8a57'/>";

const BLACK_TEA: &str = "<path d='M44 88 H140 Q150 172 92 174 Q34 172 44 88z' fill='#8c3b2a'/><ellipse cx='92' cy='88' rx='48' ry='13' fill='#b4553d'/><path d='M62 82 Q92 58 122 82z' fill='#8c3b2a'/><circle cx='92' cy='62' r='8' fill='#e6c98a'/>\
    <path d='M140 108 L178 84 L186 92 L142 142z' fill='#8c3b2a'/><path d='M46 100 Q12 100 20 130 Q26 152 54 148' fill='none' stroke='#8c3b2a' stroke-width='10'/><rect x='68' y='112' width='48' height='40' rx='6' fill='#f6e7cf'/><path d='M92 116 q-14 16 0 30 q14 -14 0 -30z' fill='$a'/>\
    <path d='M78 46 q-8 -10 0 -18 t0 -16 M106 46 q-8 -10 0 -18 t0 -16' fill='none' stroke='#c9a08c' stroke-width='5' stroke-linecap='round'/><ellipse cx='92' cy='178' rx='60' ry='6' fill='#5b2a1e' opacity='.4'/>";

const COFFEE: &str = "<path d='M40 84 H138 L128 168 Q127 176 118 176 H60 Q51 176 50 168z' fill='#f6f1e7'/><path d='M42 100 H136 L133 128 H45z' fill='$a'/><ellipse cx='89' cy='84' rx='49' ry='12' fill='#5b3a28'/><ellipse cx='89' cy='83' rx='38' ry='8' fill='#8a5a3b'/>\
    <path d='M136 96 q32 0 28 28 q-6 24 -34 22' fill='none' stroke='#f6f1e7' stroke-width='9'/><path d='M56 36 H122 L116 80 H62z' fill='#e8dcc6'/><path d='M62 52 H116 L112 80 H66z' fill='#6b4630'/><path d='M56 36 H122 L121 44 H57z' fill='$b'/>\
    <rect x='72' y='108' width='34' height='12' rx='6' fill='#fff'/><g fill='#6b4630'><ellipse cx='158' cy='170' rx='12' ry='8' transform='rotate(-24 158 170)'/><ellipse cx='30' cy='172' rx='12' ry='8' transform='rotate(20 30 172)'/></g><path d='M150 174 q8 -2 16 -8 M22 168 q8 6 16 8' stroke='#3c2518' stroke-width='2.5' fill='none'/>";

const NUTS: &str = "<path d='M52 30 H148 L156 44 L150 178 H50 L44 44z' fill='$a'/><path d='M44 44 L52 30 H148 L156 44z' fill='$b'/><path d='M50 178 H150 L152 164 H48z' fill='$b'/><ellipse cx='100' cy='128' rx='40' ry='32' fill='#fff3dc'/>\
    <path d='M76 122 q10 -22 26 -8 q4 20 -14 22 q-12 0 -12 -14z' fill='#b9793f'/><path d='M104 132 q6 -20 24 -12 q4 18 -12 22 q-12 0 -12 -10z' fill='#8a5a3b'/><ellipse cx='96' cy='146' rx='15' ry='8' fill='#d9a15c'/><path d='M84 146 h24' stroke='#b9793f' stroke-width='2'/>\
    <rect x='66' y='56' width='68' height='26' rx='6' fill='#fff' opacity='.94'/><rect x='76' y='64' width='48' height='5' rx='2.5' fill='$b'/><rect x='84' y='73' width='32' height='4' rx='2' fill='$a'/><path d='M58 52 V160' stroke='#fff' stroke-width='4' opacity='.3'/>";

const CAKES: &str = "<rect x='22' y='104' width='156' height='70' rx='10' fill='$a'/><rect x='22' y='104' width='156' height='18' rx='8' fill='$b'/><rect x='76' y='132' width='48' height='28' rx='6' fill='#fff' opacity='.94'/><rect x='84' y='143' width='32' height='5' rx='2.5' fill='$b'/>\
    <g><rect x='38' y='74' width='36' height='32' rx='6' fill='#fbe6b8'/><rect x='82' y='74' width='36' height='32' rx='6' fill='#f7d794'/><rect x='126' y='74' width='36' height='32' rx='6' fill='#fbe6b8'/></g><g fill='#f2b632'><circle cx='50' cy='72' r='4'/><circle cx='58' cy='68' r='4'/><circle cx='64' cy='74' r='4'/>\
    <circle cx='94' cy='72' r='4'/><circle cx='102' cy='68' r='4'/><circle cx='108' cy='74' r='4'/><circle cx='138' cy='72' r='4'/><circle cx='146' cy='68' r='4'/><circle cx='152' cy='74' r='4'/></g><path d='M40 96 H72 M84 96 H116 M128 96 H160' stroke='#e3c27a' stroke-width='4'/>\
    <path d='M116 46 q10 -20 34 -18 q-8 22 -34 18z' fill='#58a862'/><path d='M112 50 q-16 -20 -40 -14 q12 22 40 14z' fill='#6dbb76'/><g fill='#ffd166'><circle cx='104' cy='36' r='5'/><circle cx='114' cy='32' r='5'/><circle cx='110' cy='42' r='5'/></g>";

const JERKY: &str = "<path d='M44 34 H156 L152 178 H48z' fill='$b'/><path d='M44 34 H156 L155 52 H45z' fill='$a'/><path d='M48 164 H152 V178 H48z' fill='$a'/><path d='M58 96 Q100 74 142 96 V146 Q100 166 58 146z' fill='#f6e7cf'/>\
    <g fill='none' stroke-linecap='round'><path d='M72 108 q14 -10 28 0 t28 0' stroke='#7b2d1e' stroke-width='12'/><path d='M72 128 q14 -10 28 0 t28 0' stroke='#96402c' stroke-width='12'/><path d='M78 106 q10 -6 20 0 M80 126 q10 -6 20 0' stroke='#c96d50' stroke-width='3'/></g>\
    <circle cx='92' cy='140' r='3' fill='#d9432f'/><circle cx='118' cy='116' r='3' fill='#d9432f'/><rect x='70' y='58' width='60' height='22' rx='6' fill='#fff' opacity='.94'/><rect x='80' y='65' width='40' height='5' rx='2.5' fill='$b'/><path d='M84 20 h32 l-4 12 h-24z' fill='$a' opacity='.6'/>";
